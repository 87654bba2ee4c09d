//! Decodes values of FIT's base types.

/// The value of a field.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum FitValue {
    /// A number; NaN if it is the type's mark for invalid.
    Number(f64),
    /// Several numbers, in order.
    List(Vec<f64>),
    /// A text.
    Text(String),
}

impl FitValue {
    /// The number; NaN for a list or text.
    pub(super) fn number_or_nan(&self) -> f64 {
        match self {
            FitValue::Number(number) => *number,
            FitValue::List(_) | FitValue::Text(_) => f64::NAN,
        }
    }
}

/// Decodes a field's value: a number, several numbers, or a text.
pub(super) fn decode_value(raw: &[u8], kind: u8, big_endian: bool) -> FitValue {
    let kind = kind & 0x1F;
    if kind == 7 {
        let end = raw.iter().position(|byte| *byte == 0).unwrap_or(raw.len());
        return FitValue::Text(String::from_utf8_lossy(&raw[..end]).into_owned());
    }
    let size = match kind {
        3 | 4 | 11 => 2,
        5 | 6 | 8 | 12 => 4,
        9 | 14..=16 => 8,
        _ => 1,
    };
    // A length that is not a multiple of the type's size is decoded as bytes, which is what the
    // devices that write it mean.
    let (kind, size) = if raw.len().is_multiple_of(size) { (kind, size) } else { (13, 1) };
    let mut numbers = raw.chunks_exact(size).map(|chunk| decode_number(chunk, kind, big_endian));
    match (numbers.next(), numbers.next()) {
        (None, _) => FitValue::Number(f64::NAN),
        (Some(one), None) => FitValue::Number(one),
        (Some(one), Some(two)) => FitValue::List([one, two].into_iter().chain(numbers).collect()),
    }
}

/// Decodes one number; NaN if the bytes are the type's mark for invalid.
fn decode_number(chunk: &[u8], kind: u8, big_endian: bool) -> f64 {
    let mut wide = [0u8; 8];
    for (place, byte) in chunk.iter().enumerate() {
        let place = if big_endian { chunk.len() - 1 - place } else { place };
        wide[place] = *byte;
    }
    let raw = u64::from_le_bytes(wide);
    let all = u64::MAX >> (64 - 8 * chunk.len().clamp(1, 8) as u32);
    let valid = |ok: bool, value: f64| if ok { value } else { f64::NAN };
    match kind {
        1 => valid(raw != 0x7F, f64::from(raw as u8 as i8)),
        3 => valid(raw != 0x7FFF, f64::from(raw as u16 as i16)),
        5 => valid(raw != 0x7FFF_FFFF, f64::from(raw as u32 as i32)),
        14 => valid(raw != i64::MAX as u64, raw as i64 as f64),
        8 => valid(raw != all, f64::from(f32::from_bits(raw as u32))),
        9 => valid(raw != all, f64::from_bits(raw)),
        10..=12 | 16 => valid(raw != 0, raw as f64),
        _ => valid(raw != all, raw as f64),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_every_kind() {
        assert_eq!(decode_value(&[0x7F], 1, false).number_or_nan().to_bits(), f64::NAN.to_bits());
        assert_eq!(decode_value(&[0xFE, 0xFF], 0x83, false).number_or_nan(), -2.0);
        assert_eq!(decode_value(&[1, 0], 0x84, true).number_or_nan(), 256.0);
        assert_eq!(decode_value(&1.5f32.to_le_bytes(), 0x88, false).number_or_nan(), 1.5);
        assert!(decode_value(&[0, 0], 0x8B, false).number_or_nan().is_nan());
        assert_eq!(decode_value(b"ab\0c", 7, false), FitValue::Text("ab".into()));
        assert_eq!(decode_value(&[1, 2, 3], 0x84, false), FitValue::List(vec![1.0, 2.0, 3.0]));
    }
}
