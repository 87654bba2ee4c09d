//! Number encodings of the three kinds of processor that C3D supports.

/// The byte order and float form of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Processor {
    /// Little-endian, IEEE floats.
    Intel,
    /// Little-endian, VAX F floats.
    Dec,
    /// Big-endian, IEEE floats.
    Mips,
}

impl Processor {
    /// The processor given by the fourth byte of the parameter section; none if it is unknown.
    pub(super) fn from_byte(byte: u8) -> Option<Processor> {
        match byte {
            84 => Some(Processor::Intel),
            85 => Some(Processor::Dec),
            86 => Some(Processor::Mips),
            _ => None,
        }
    }

    pub(super) fn read_u16(self, bytes: &[u8], at: usize) -> Option<u16> {
        let two = bytes.get(at..)?.first_chunk()?;
        Some(if self == Processor::Mips {
            u16::from_be_bytes(*two)
        } else {
            u16::from_le_bytes(*two)
        })
    }

    pub(super) fn read_i16(self, bytes: &[u8], at: usize) -> Option<i16> {
        self.read_u16(bytes, at).map(|word| word as i16)
    }

    pub(super) fn read_f32(self, bytes: &[u8], at: usize) -> Option<f32> {
        let &[a, b, c, d] = bytes.get(at..)?.first_chunk()?;
        Some(match self {
            Processor::Intel => f32::from_le_bytes([a, b, c, d]),
            Processor::Mips => f32::from_be_bytes([a, b, c, d]),
            // VAX F: the two words are swapped, and the exponent is two larger than IEEE's.
            Processor::Dec => f32::from_le_bytes([c, d, a, b]) / 4.0,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_in_three_forms() {
        assert_eq!(Processor::Intel.read_f32(&[0, 0, 0x80, 0x3f], 0), Some(1.0));
        assert_eq!(Processor::Mips.read_f32(&[0x3f, 0x80, 0, 0], 0), Some(1.0));
        // 1.0 as VAX F is 0x4080 in the first word (VAX Architecture Reference Manual, 1987).
        assert_eq!(Processor::Dec.read_f32(&[0x80, 0x40, 0, 0], 0), Some(1.0));
        assert_eq!(Processor::Dec.read_f32(&[0, 0, 0, 0], 0), Some(0.0));
        assert_eq!(Processor::Mips.read_i16(&[0xff, 0xfe], 0), Some(-2));
        assert_eq!(Processor::Intel.read_f32(&[0, 0], 0), None);
        assert_eq!(Processor::Intel.read_u16(&[0, 0], usize::MAX), None);
    }
}
