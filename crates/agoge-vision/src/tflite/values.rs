//! Weights of a TFLite model as 32-bit floats: half floats are converted, sparse ones expanded.

use super::flat::FlatTable;

/// `TensorType` of 32-bit and of 16-bit floats.
const FLOAT32: u8 = 0;
const FLOAT16: u8 = 1;

/// Maximum number of values in a tensor: the largest weight of the heavy network has under two
/// million.
const MAX_VALUES: usize = 1 << 24;

/// Returns the dense values of a constant tensor, in the order of its shape; `None` if it is not a
/// float tensor or its bytes do not fit its shape.
pub(crate) fn dense_values(tensor: &FlatTable, data: &[u8]) -> Option<Vec<f32>> {
    let values: Vec<f32> = match tensor.u8_field(1) {
        FLOAT32 => {
            data.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect()
        }
        FLOAT16 => {
            data.chunks_exact(2).map(|b| half_to_f32(u16::from_le_bytes([b[0], b[1]]))).collect()
        }
        _ => return None,
    };
    let shape: Vec<usize> =
        tensor.i32_vector(0).iter().map(|&d| usize::try_from(d).unwrap_or(0)).collect();
    let count =
        shape.iter().try_fold(1usize, |n, &d| n.checked_mul(d)).filter(|&n| n <= MAX_VALUES)?;
    match tensor.table_field(6) {
        Some(sparsity) => expand_sparse(&sparsity, &shape, &values, count),
        None if values.len() == count => Some(values),
        None => None,
    }
}

/// Converts IEEE 754 binary16 to binary32, exactly.
fn half_to_f32(bits: u16) -> f32 {
    let sign = u32::from(bits >> 15) << 31;
    let (exponent, fraction) = (u32::from(bits >> 10 & 0x1f), u32::from(bits & 0x3ff));
    match exponent {
        // Subnormal: a multiple of 2⁻²⁴, which binary32 holds exactly.
        0 => f32::from_bits(sign | (fraction as f32 * 2f32.powi(-24)).to_bits()),
        31 => f32::from_bits(sign | 0x7f80_0000 | fraction << 13),
        _ => f32::from_bits(sign | (exponent + 112) << 23 | fraction << 13),
    }
}

/// One dimension of a sparse tensor, in the order of traversal.
enum SparseDimension {
    Dense(usize),
    /// Compressed as in CSR: where the entries of each parent begin, and the coordinate of each
    /// entry.
    Sparse {
        segments: Vec<usize>,
        indices: Vec<usize>,
    },
}

/// Expands a sparse tensor (TACO form, `SparsityParameters` of TFLite's schema) to a dense one;
/// `None` if its tables contradict each other.
fn expand_sparse(
    sparsity: &FlatTable,
    shape: &[usize],
    values: &[f32],
    count: usize,
) -> Option<Vec<f32>> {
    let natural = |numbers: Vec<i32>| -> Option<Vec<usize>> {
        numbers.into_iter().map(|v| usize::try_from(v).ok()).collect()
    };
    let order = natural(sparsity.i32_vector(0))?;
    let blocks = natural(sparsity.i32_vector(1))?;
    let dimensions: Vec<SparseDimension> =
        sparsity.table_vector(2).iter().map(read_dimension).collect::<Option<_>>()?;
    let rank = shape.len();
    if order.len() != dimensions.len()
        || order.len() != rank + blocks.len()
        || order.iter().any(|&d| d >= order.len())
    {
        return None;
    }
    // Size of a block along each dimension of the tensor.
    let mut block_size = vec![1; rank];
    for (&at, dimension) in order.iter().zip(&dimensions).filter(|(at, _)| **at >= rank) {
        let SparseDimension::Dense(size) = dimension else { return None };
        *block_size.get_mut(*blocks.get(at - rank)?)? *= *size;
    }
    // The coordinates of each entry so far, by dimension of the traversal; widened one dimension at
    // a time.
    let mut entries: Vec<Vec<usize>> = vec![vec![0; order.len()]];
    for (&at, dimension) in order.iter().zip(&dimensions) {
        let mut next = Vec::new();
        for (parent, coordinates) in entries.iter().enumerate() {
            let inside: &mut dyn Iterator<Item = usize> = match dimension {
                SparseDimension::Dense(size) => &mut (0..*size),
                SparseDimension::Sparse { segments, indices } => &mut indices
                    .get(*segments.get(parent)?..*segments.get(parent + 1)?)?
                    .iter()
                    .copied(),
            };
            for place in inside {
                let mut coordinates = coordinates.clone();
                coordinates[at] = place;
                next.push(coordinates);
                if next.len() > values.len() {
                    return None;
                }
            }
        }
        entries = next;
    }
    if entries.len() != values.len() {
        return None;
    }
    let mut dense = vec![0.0; count];
    for (coordinates, value) in entries.iter().zip(values) {
        let mut full: Vec<usize> = (0..rank).map(|d| coordinates[d] * block_size[d]).collect();
        for (offset, &d) in blocks.iter().enumerate() {
            full[d] += coordinates[rank + offset];
        }
        if full.iter().zip(shape).any(|(f, s)| f >= s) {
            return None;
        }
        *dense.get_mut(full.iter().zip(shape).fold(0, |at, (f, s)| at * s + f))? = *value;
    }
    Some(dense)
}

fn read_dimension(table: &FlatTable) -> Option<SparseDimension> {
    if table.u8_field(0) == 0 {
        let size = usize::try_from(table.i32_field(1)).ok()?;
        return (size <= MAX_VALUES).then_some(SparseDimension::Dense(size));
    }
    Some(SparseDimension::Sparse {
        segments: read_indices(table, 2)?,
        indices: read_indices(table, 4)?,
    })
}

/// A vector of indices, which the schema stores in the narrowest of three widths.
fn read_indices(table: &FlatTable, field: usize) -> Option<Vec<usize>> {
    let vector = table.table_field(field + 1)?;
    Some(match table.u8_field(field) {
        1 => vector
            .i32_vector(0)
            .into_iter()
            .map(|v| usize::try_from(v).ok())
            .collect::<Option<_>>()?,
        2 => vector
            .vector_bytes(0, 2)
            .chunks_exact(2)
            .map(|b| usize::from(u16::from_le_bytes([b[0], b[1]])))
            .collect(),
        3 => vector.vector_bytes(0, 1).iter().map(|&b| usize::from(b)).collect(),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values of IEEE 754-2019, table 3.
    #[test]
    fn half_floats_are_exact() {
        for (bits, value) in [
            (0x3c00, 1.0),
            (0xc000, -2.0),
            (0x7bff, 65504.0),
            (0x0400, 2f32.powi(-14)),
            (0x0001, 2f32.powi(-24)),
            (0x83ff, -1023.0 * 2f32.powi(-24)),
            (0x8000, -0.0),
        ] {
            assert_eq!(half_to_f32(bits).to_bits(), f32::to_bits(value), "{bits:x}");
        }
        assert!(half_to_f32(0x7e00).is_nan() && half_to_f32(0xfc00) == f32::NEG_INFINITY);
    }
}
