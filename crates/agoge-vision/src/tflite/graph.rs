//! A TFLite model as a list of operations with their weights, restricted to what the wanted outputs
//! need.

use super::flat::FlatTable;
use super::values;
use std::collections::{HashMap, HashSet};

/// Height, width and channels.
pub(crate) type ImageShape = [usize; 3];

/// A filter window that slides over an image.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct FilterWindow {
    /// Height and width.
    pub(crate) size: [usize; 2],
    /// Step in pixels, the same in both directions.
    pub(crate) stride: usize,
    /// Zeros above and to the left.
    pub(crate) before: [usize; 2],
    /// Zeros below and to the right.
    pub(crate) after: [usize; 2],
}

/// A filter's weights.
#[derive(Clone, Debug)]
pub(crate) struct FilterWeights {
    /// Full filters: `[output, row, column, input]`; depthwise: `[row, column, channel]`.
    pub(crate) kernel: Vec<f32>,
    /// `[output]`.
    pub(crate) bias: Vec<f32>,
}

/// The kind of an operation. Activations are bounds: 0 to 6 for ReLU6, infinite for none.
#[derive(Clone, Debug)]
pub(crate) enum TfliteOperation {
    /// A full filter.
    Convolve { window: FilterWindow, weights: FilterWeights, bounds: [f32; 2] },
    /// A depthwise filter: one kernel per channel.
    Depthwise { window: FilterWindow, weights: FilterWeights, bounds: [f32; 2] },
    /// The sum of two inputs; channels missing from the first are zero.
    Add { bounds: [f32; 2] },
    /// The maximum of each 2 × 2 pixels.
    MaxPool,
    /// Doubles height and width, bilinear, sampled at pixel centres.
    DoubleSize,
    /// Each group of four channels becomes 2 × 2 pixels.
    DepthToSpace,
    /// 1 / (1 + e⁻ˣ).
    Logistic,
}

/// One operation with its inputs and output.
#[derive(Clone, Debug)]
pub(crate) struct TfliteNode {
    pub(crate) operation: TfliteOperation,
    /// Tensors it reads.
    pub(crate) inputs: Vec<usize>,
    /// The tensor it writes.
    pub(crate) output: usize,
}

/// The operations between an image and the wanted outputs, in order.
#[derive(Debug)]
pub(crate) struct TfliteGraph {
    pub(crate) shapes: HashMap<usize, ImageShape>,
    pub(crate) nodes: Vec<TfliteNode>,
    pub(crate) input: usize,
    /// For each wanted output, the tensors whose values make it up, concatenated.
    pub(crate) outputs: Vec<Vec<usize>>,
}

/// State while the operations are read.
struct GraphReader<'a> {
    tensors: Vec<FlatTable<'a>>,
    buffers: Vec<FlatTable<'a>>,
    /// Tensors that equal another one except for a cast or a border.
    same: HashMap<usize, usize>,
    /// Zeros to add before and after, for tensors that are another one with a border.
    padding: HashMap<usize, [[usize; 2]; 2]>,
    /// Tensors that are concatenations of others.
    rows: HashMap<usize, Vec<usize>>,
}

impl TfliteGraph {
    /// Reads a model, keeping only the wanted outputs (indices as in the file); an error says why
    /// it cannot be used.
    pub(crate) fn parse_model(bytes: &[u8], wanted: &[usize]) -> Result<TfliteGraph, String> {
        let model = FlatTable::root(bytes).ok_or("too short")?;
        let main = *model.table_vector(2).first().ok_or("no graph in it")?;
        let codes: Vec<i32> = model
            .table_vector(1)
            .iter()
            .map(|code| i32::from(code.u8_field(0)).max(code.i32_field(3)))
            .collect();
        let mut reader = GraphReader {
            tensors: main.table_vector(0),
            buffers: model.table_vector(4),
            same: HashMap::new(),
            padding: HashMap::new(),
            rows: HashMap::new(),
        };
        let mut nodes = Vec::new();
        for operator in main.table_vector(3) {
            let code = usize::try_from(operator.i32_field(0))
                .ok()
                .and_then(|index| codes.get(index))
                .copied();
            let inputs = valid_indices(&operator.i32_vector(1));
            let &[output] = &valid_indices(&operator.i32_vector(2))[..] else {
                return Err("an operation without one output".into());
            };
            let code = code.ok_or("an operation of no kind")?;
            if let Some(node) = reader
                .read_node(code, &operator, inputs, output)
                .ok_or(format!("operation {code} is not as expected"))?
            {
                nodes.push(node);
            }
        }
        let all = valid_indices(&main.i32_vector(2));
        let outputs: Option<Vec<Vec<usize>>> =
            wanted.iter().map(|&w| Some(reader.concatenated_tensors(*all.get(w)?))).collect();
        let outputs = outputs.ok_or("an output is missing")?;
        let &[input] = &valid_indices(&main.i32_vector(1))[..] else {
            return Err("not one input".into());
        };
        let nodes = needed_nodes(nodes, &outputs);
        let used =
            nodes.iter().flat_map(|node| node.inputs.iter().chain([&node.output])).chain([&input]);
        let shapes: Option<HashMap<usize, ImageShape>> =
            used.map(|&t| Some((t, reader.image_shape(t)?))).collect();
        Ok(TfliteGraph {
            shapes: shapes.ok_or("a tensor that is no picture")?,
            nodes,
            input,
            outputs,
        })
    }
}

fn valid_indices(numbers: &[i32]) -> Vec<usize> {
    numbers.iter().filter_map(|&v| usize::try_from(v).ok()).collect()
}

/// Keeps only the nodes on which the outputs depend.
fn needed_nodes(nodes: Vec<TfliteNode>, outputs: &[Vec<usize>]) -> Vec<TfliteNode> {
    let mut wanted: HashSet<usize> = outputs.iter().flatten().copied().collect();
    let mut needed_nodes = Vec::new();
    for node in nodes.into_iter().rev() {
        if wanted.contains(&node.output) {
            wanted.extend(&node.inputs);
            needed_nodes.push(node);
        }
    }
    needed_nodes.reverse();
    needed_nodes
}

impl GraphReader<'_> {
    /// Reads the operation of a builtin code; `Some(None)` for one that only renames or pads a
    /// tensor; `None` if it is not supported.
    fn read_node(
        &mut self,
        code: i32,
        operator: &FlatTable,
        mut inputs: Vec<usize>,
        output: usize,
    ) -> Option<Option<TfliteNode>> {
        let options = operator.table_field(4);
        let option = |number: usize| options.map_or(0, |options| options.i32_field(number));
        let byte_option = |number: usize| options.map_or(0, |options| options.u8_field(number));
        let first = *inputs.first()?;
        let operation = match code {
            // DEQUANTIZE of half floats is a cast and DENSIFY a change of storage: constants are
            // read accordingly.
            6 | 124 => {
                self.same.insert(output, first);
                return Some(None);
            }
            22 => {
                let row = self.concatenated_tensors(first);
                self.rows.insert(output, row);
                return Some(None);
            }
            2 => {
                let row =
                    inputs.iter().flat_map(|&input| self.concatenated_tensors(input)).collect();
                self.rows.insert(output, row);
                return Some(None);
            }
            34 => {
                self.record_padding(first, *inputs.get(1)?, output)?;
                return Some(None);
            }
            0 => TfliteOperation::Add { bounds: activation_bounds(byte_option(0))? },
            3 | 4 => {
                let kernel = self.constant_values(*inputs.get(1)?)?;
                let bias = self.constant_values(*inputs.get(2)?)?;
                let shape = self.tensors.get(*inputs.get(1)?)?.i32_vector(0);
                let size =
                    [usize::try_from(*shape.get(1)?).ok()?, usize::try_from(*shape.get(2)?).ok()?];
                let window =
                    self.filter_window(first, size, byte_option(0), option(1), option(2))?;
                let weights = FilterWeights { kernel, bias };
                match code {
                    3 => TfliteOperation::Convolve {
                        window,
                        weights,
                        bounds: activation_bounds(byte_option(3))?,
                    },
                    _ => TfliteOperation::Depthwise {
                        window,
                        weights,
                        bounds: activation_bounds(byte_option(4))?,
                    },
                }
            }
            5 if option(0) == 2 => TfliteOperation::DepthToSpace,
            14 => TfliteOperation::Logistic,
            17 if [option(1), option(2), option(3), option(4)] == [2; 4] => {
                TfliteOperation::MaxPool
            }
            23 if byte_option(3) == 1 && byte_option(2) == 0 => TfliteOperation::DoubleSize,
            _ => return None,
        };
        inputs.truncate(if matches!(operation, TfliteOperation::Add { .. }) { 2 } else { 1 });
        for input in &mut inputs {
            *input = self.resolve_tensor(*input);
        }
        Some(Some(TfliteNode { operation, inputs, output }))
    }

    /// The tensor that this one equals except for a cast or a border.
    fn resolve_tensor(&self, tensor: usize) -> usize {
        self.same.get(&tensor).copied().map_or(tensor, |same| self.resolve_tensor(same))
    }

    fn concatenated_tensors(&self, tensor: usize) -> Vec<usize> {
        self.rows.get(&tensor).cloned().unwrap_or_else(|| vec![tensor])
    }

    fn image_shape(&self, tensor: usize) -> Option<ImageShape> {
        match valid_indices(&self.tensors.get(tensor)?.i32_vector(0))[..] {
            [1, height, width, channels] => Some([height, width, channels]),
            _ => None,
        }
    }

    /// The bytes of a constant.
    fn constant_bytes(&self, tensor: &FlatTable) -> &[u8] {
        let buffer =
            usize::try_from(tensor.i32_field(2)).ok().and_then(|index| self.buffers.get(index));
        buffer.map_or(&[], |buffer| buffer.vector_bytes(0, 1))
    }

    fn constant_values(&self, tensor: usize) -> Option<Vec<f32>> {
        let tensor = self.tensors.get(self.resolve_tensor(tensor))?;
        values::dense_values(tensor, self.constant_bytes(tensor))
    }

    /// Records a PAD: of rows and columns for the filter that follows, of trailing channels for the
    /// sum that follows.
    fn record_padding(&mut self, input: usize, amounts: usize, output: usize) -> Option<()> {
        let bytes = self.constant_bytes(self.tensors.get(amounts)?);
        let amounts: Vec<usize> = bytes.chunks_exact(4).map(|b| usize::from(b[0])).collect();
        let &[0, 0, top, bottom, left, right, 0, _] = &amounts[..] else { return None };
        self.same.insert(output, input);
        self.padding.insert(output, [[top, left], [bottom, right]]);
        Some(())
    }

    /// The window of a filter over a tensor, including the border of a preceding PAD and of `SAME`
    /// (0) padding.
    fn filter_window(
        &self,
        input: usize,
        size: [usize; 2],
        padding: u8,
        stride_across: i32,
        stride_down: i32,
    ) -> Option<FilterWindow> {
        let stride = usize::try_from(stride_across)
            .ok()
            .filter(|&stride| stride > 0 && stride_across == stride_down)?;
        let [mut before, mut after] = self.padding.get(&input).copied().unwrap_or_default();
        let [height, width, _] = self.image_shape(input)?;
        if padding == 0 {
            for (axis, length) in [height, width].into_iter().enumerate() {
                let steps = length.div_ceil(stride);
                let zeros = ((steps - 1) * stride + size[axis]).saturating_sub(length);
                before[axis] += zeros / 2;
                after[axis] += zeros - zeros / 2;
            }
        }
        Some(FilterWindow { size, stride, before, after })
    }
}

/// The bounds of a fused activation: none, ReLU, ReLU6.
fn activation_bounds(activation: u8) -> Option<[f32; 2]> {
    match activation {
        0 => Some([f32::NEG_INFINITY, f32::INFINITY]),
        1 => Some([0.0, f32::INFINITY]),
        3 => Some([0.0, 6.0]),
        _ => None,
    }
}
