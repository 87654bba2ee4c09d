//! A reader of FlatBuffers, as far as TFLite needs it: nothing in the bytes is trusted, and
//! anything out of bounds counts as absent.
//!
//! The layout follows the FlatBuffers internals document: a table begins with the signed distance
//! back to its vtable; after two 16-bit lengths, the vtable gives the offset of each field from the
//! table's start, 0 for an absent field.

/// A table of the buffer.
#[derive(Clone, Copy)]
pub(crate) struct FlatTable<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> FlatTable<'a> {
    /// The root table.
    pub(crate) fn root(bytes: &'a [u8]) -> Option<FlatTable<'a>> {
        Some(FlatTable { bytes, at: read_u32(bytes, 0)? as usize })
    }

    /// Position of a field; `None` if it is absent.
    fn field_position(&self, number: usize) -> Option<usize> {
        let back = read_i32(self.bytes, self.at)?;
        let vtable = usize::try_from(i64::try_from(self.at).ok()? - i64::from(back)).ok()?;
        let entry = 4 + 2 * number;
        if entry + 2 > usize::from(read_u16(self.bytes, vtable)?) {
            return None;
        }
        match read_u16(self.bytes, vtable + entry)? {
            0 => None,
            offset => self.at.checked_add(usize::from(offset)),
        }
    }

    /// A byte; 0 if absent.
    pub(crate) fn u8_field(&self, number: usize) -> u8 {
        self.field_position(number).and_then(|at| self.bytes.get(at)).copied().unwrap_or(0)
    }

    /// A 32-bit integer; 0 if absent.
    pub(crate) fn i32_field(&self, number: usize) -> i32 {
        self.field_position(number).and_then(|at| read_i32(self.bytes, at)).unwrap_or(0)
    }

    /// Position that an offset field points to.
    fn target_position(&self, number: usize) -> Option<usize> {
        let at = self.field_position(number)?;
        at.checked_add(read_u32(self.bytes, at)? as usize)
    }

    /// A table, including one of a union.
    pub(crate) fn table_field(&self, number: usize) -> Option<FlatTable<'a>> {
        Some(FlatTable { bytes: self.bytes, at: self.target_position(number)? })
    }

    /// The bytes of a vector whose elements take `size` bytes each; empty if absent or cut off.
    pub(crate) fn vector_bytes(&self, number: usize, size: usize) -> &'a [u8] {
        let find = || {
            let at = self.target_position(number)?;
            let length = (read_u32(self.bytes, at)? as usize).checked_mul(size)?;
            self.bytes.get(at.checked_add(4)?..)?.get(..length)
        };
        find().unwrap_or(&[])
    }

    /// A vector of 32-bit integers.
    pub(crate) fn i32_vector(&self, number: usize) -> Vec<i32> {
        self.vector_bytes(number, 4)
            .chunks_exact(4)
            .map(|b| i32::from_le_bytes([b[0], b[1], b[2], b[3]]))
            .collect()
    }

    /// A vector of tables.
    pub(crate) fn table_vector(&self, number: usize) -> Vec<FlatTable<'a>> {
        let Some(start) = self.target_position(number) else { return Vec::new() };
        let elements = self.vector_bytes(number, 4).chunks_exact(4).enumerate();
        elements
            .map(|(index, b)| {
                let offset = u32::from_le_bytes([b[0], b[1], b[2], b[3]]) as usize;
                FlatTable { bytes: self.bytes, at: (start + 4 + 4 * index).saturating_add(offset) }
            })
            .collect()
    }
}

fn read_u16(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(bytes.get(at..)?.get(..2)?.try_into().ok()?))
}

fn read_u32(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..)?.get(..4)?.try_into().ok()?))
}

fn read_i32(bytes: &[u8], at: usize) -> Option<i32> {
    read_u32(bytes, at).map(u32::cast_signed)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A table with an integer 7 in field 1 and the vector [1, 2] in field 2, written by hand.
    const SMALL: [u8; 36] = [
        12, 0, 0, 0, // root at 12
        10, 0, 12, 0, 0, 0, 4,
        0, // vtable at 4: its size, the table's size, field 0 absent, field 1 at 4
        8, 0, 0, 0, // table at 12: its vtable lies 8 back; read as field 2's entry it is at 8
        7, 0, 0, 0, // field 1
        4, 0, 0, 0, // field 2: points 4 on
        2, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0,
    ];

    #[test]
    fn reads_fields_and_survives_every_cut() {
        let table = FlatTable::root(&SMALL).unwrap();
        assert_eq!((table.i32_field(0), table.i32_field(1)), (0, 7));
        assert_eq!(table.i32_vector(2), [1, 2]);
        for end in 0..SMALL.len() {
            if let Some(table) = FlatTable::root(&SMALL[..end]) {
                assert!(table.i32_vector(2).is_empty() && table.table_vector(2).is_empty());
            }
        }
    }
}
