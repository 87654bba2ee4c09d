//! A TFLite model as a list of operations with their weights, restricted to what the wanted outputs
//! need.

use super::flat::Table;
use super::values;
use std::collections::{HashMap, HashSet};

/// Height, width and channels.
pub(crate) type Shape = [usize; 3];

/// A filter window that slides over an image.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Window {
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
pub(crate) struct Weights {
    /// Full filters: `[output, row, column, input]`; depthwise: `[row, column, channel]`.
    pub(crate) kernel: Vec<f32>,
    /// `[output]`.
    pub(crate) bias: Vec<f32>,
}

/// The kind of an operation. Activations are bounds: 0 to 6 for ReLU6, infinite for none.
#[derive(Clone, Debug)]
pub(crate) enum Operation {
    /// A full filter.
    Convolve { window: Window, weights: Weights, bounds: [f32; 2] },
    /// A depthwise filter: one kernel per channel.
    Depthwise { window: Window, weights: Weights, bounds: [f32; 2] },
    /// The sum of two inputs; channels missing from the first are zero.
    Add { bounds: [f32; 2] },
    /// The maximum of each 2 × 2 pixels.
    MaxPool,
    /// Doubles height and width, bilinear, sampled at pixel centres.
    Double,
    /// Each group of four channels becomes 2 × 2 pixels.
    DepthToSpace,
    /// 1 / (1 + e⁻ˣ).
    Logistic,
}

/// One operation with its inputs and output.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) operation: Operation,
    /// Tensors it reads.
    pub(crate) inputs: Vec<usize>,
    /// The tensor it writes.
    pub(crate) output: usize,
}

/// The operations between an image and the wanted outputs, in order.
#[derive(Debug)]
pub(crate) struct Graph {
    pub(crate) shapes: HashMap<usize, Shape>,
    pub(crate) nodes: Vec<Node>,
    pub(crate) input: usize,
    /// For each wanted output, the tensors whose values make it up, concatenated.
    pub(crate) outputs: Vec<Vec<usize>>,
}

/// State while the operations are read.
struct Reader<'a> {
    tensors: Vec<Table<'a>>,
    buffers: Vec<Table<'a>>,
    /// Tensors that equal another one except for a cast or a border.
    same: HashMap<usize, usize>,
    /// Zeros to add before and after, for tensors that are another one with a border.
    padding: HashMap<usize, [[usize; 2]; 2]>,
    /// Tensors that are concatenations of others.
    rows: HashMap<usize, Vec<usize>>,
}

impl Graph {
    /// Reads a model, keeping only the wanted outputs (indices as in the file); an error says why
    /// it cannot be used.
    pub(crate) fn read(bytes: &[u8], wanted: &[usize]) -> Result<Graph, String> {
        let model = Table::root(bytes).ok_or("too short")?;
        let main = *model.tables(2).first().ok_or("no graph in it")?;
        let codes: Vec<i32> =
            model.tables(1).iter().map(|code| i32::from(code.u8(0)).max(code.i32(3))).collect();
        let mut reader = Reader {
            tensors: main.tables(0),
            buffers: model.tables(4),
            same: HashMap::new(),
            padding: HashMap::new(),
            rows: HashMap::new(),
        };
        let mut nodes = Vec::new();
        for operator in main.tables(3) {
            let code =
                usize::try_from(operator.i32(0)).ok().and_then(|index| codes.get(index)).copied();
            let inputs = indices(&operator.i32s(1));
            let &[output] = &indices(&operator.i32s(2))[..] else {
                return Err("an operation without one output".into());
            };
            let code = code.ok_or("an operation of no kind")?;
            if let Some(node) = reader
                .node(code, &operator, inputs, output)
                .ok_or(format!("operation {code} is not as expected"))?
            {
                nodes.push(node);
            }
        }
        let all = indices(&main.i32s(2));
        let outputs: Option<Vec<Vec<usize>>> =
            wanted.iter().map(|&w| Some(reader.row(*all.get(w)?))).collect();
        let outputs = outputs.ok_or("an output is missing")?;
        let &[input] = &indices(&main.i32s(1))[..] else { return Err("not one input".into()) };
        let nodes = needed(nodes, &outputs);
        let used =
            nodes.iter().flat_map(|node| node.inputs.iter().chain([&node.output])).chain([&input]);
        let shapes: Option<HashMap<usize, Shape>> =
            used.map(|&t| Some((t, reader.shape(t)?))).collect();
        Ok(Graph { shapes: shapes.ok_or("a tensor that is no picture")?, nodes, input, outputs })
    }
}

fn indices(numbers: &[i32]) -> Vec<usize> {
    numbers.iter().filter_map(|&v| usize::try_from(v).ok()).collect()
}

/// Keeps only the nodes on which the outputs depend.
fn needed(nodes: Vec<Node>, outputs: &[Vec<usize>]) -> Vec<Node> {
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

impl Reader<'_> {
    /// Reads the operation of a builtin code; `Some(None)` for one that only renames or pads a
    /// tensor; `None` if it is not supported.
    fn node(
        &mut self,
        code: i32,
        operator: &Table,
        mut inputs: Vec<usize>,
        output: usize,
    ) -> Option<Option<Node>> {
        let options = operator.table(4);
        let option = |number: usize| options.map_or(0, |options| options.i32(number));
        let byte_option = |number: usize| options.map_or(0, |options| options.u8(number));
        let first = *inputs.first()?;
        let operation = match code {
            // DEQUANTIZE of half floats is a cast and DENSIFY a change of storage: constants are
            // read accordingly.
            6 | 124 => {
                self.same.insert(output, first);
                return Some(None);
            }
            22 => {
                let row = self.row(first);
                self.rows.insert(output, row);
                return Some(None);
            }
            2 => {
                let row = inputs.iter().flat_map(|&input| self.row(input)).collect();
                self.rows.insert(output, row);
                return Some(None);
            }
            34 => {
                self.pad(first, *inputs.get(1)?, output)?;
                return Some(None);
            }
            0 => Operation::Add { bounds: bounds(byte_option(0))? },
            3 | 4 => {
                let kernel = self.constant(*inputs.get(1)?)?;
                let bias = self.constant(*inputs.get(2)?)?;
                let shape = self.tensors.get(*inputs.get(1)?)?.i32s(0);
                let size =
                    [usize::try_from(*shape.get(1)?).ok()?, usize::try_from(*shape.get(2)?).ok()?];
                let window = self.window(first, size, byte_option(0), option(1), option(2))?;
                let weights = Weights { kernel, bias };
                match code {
                    3 => Operation::Convolve { window, weights, bounds: bounds(byte_option(3))? },
                    _ => Operation::Depthwise { window, weights, bounds: bounds(byte_option(4))? },
                }
            }
            5 if option(0) == 2 => Operation::DepthToSpace,
            14 => Operation::Logistic,
            17 if [option(1), option(2), option(3), option(4)] == [2; 4] => Operation::MaxPool,
            23 if byte_option(3) == 1 && byte_option(2) == 0 => Operation::Double,
            _ => return None,
        };
        inputs.truncate(if matches!(operation, Operation::Add { .. }) { 2 } else { 1 });
        for input in &mut inputs {
            *input = self.plain(*input);
        }
        Some(Some(Node { operation, inputs, output }))
    }

    /// The tensor that this one equals except for a cast or a border.
    fn plain(&self, tensor: usize) -> usize {
        self.same.get(&tensor).copied().map_or(tensor, |same| self.plain(same))
    }

    fn row(&self, tensor: usize) -> Vec<usize> {
        self.rows.get(&tensor).cloned().unwrap_or_else(|| vec![tensor])
    }

    fn shape(&self, tensor: usize) -> Option<Shape> {
        match indices(&self.tensors.get(tensor)?.i32s(0))[..] {
            [1, height, width, channels] => Some([height, width, channels]),
            _ => None,
        }
    }

    /// The bytes of a constant.
    fn bytes(&self, tensor: &Table) -> &[u8] {
        let buffer = usize::try_from(tensor.i32(2)).ok().and_then(|index| self.buffers.get(index));
        buffer.map_or(&[], |buffer| buffer.vector(0, 1))
    }

    fn constant(&self, tensor: usize) -> Option<Vec<f32>> {
        let tensor = self.tensors.get(self.plain(tensor))?;
        values::dense(tensor, self.bytes(tensor))
    }

    /// Records a PAD: of rows and columns for the filter that follows, of trailing channels for the
    /// sum that follows.
    fn pad(&mut self, input: usize, amounts: usize, output: usize) -> Option<()> {
        let bytes = self.bytes(self.tensors.get(amounts)?);
        let amounts: Vec<usize> = bytes.chunks_exact(4).map(|b| usize::from(b[0])).collect();
        let &[0, 0, top, bottom, left, right, 0, _] = &amounts[..] else { return None };
        self.same.insert(output, input);
        self.padding.insert(output, [[top, left], [bottom, right]]);
        Some(())
    }

    /// The window of a filter over a tensor, including the border of a preceding PAD and of `SAME`
    /// (0) padding.
    fn window(
        &self,
        input: usize,
        size: [usize; 2],
        padding: u8,
        stride_across: i32,
        stride_down: i32,
    ) -> Option<Window> {
        let stride = usize::try_from(stride_across)
            .ok()
            .filter(|&stride| stride > 0 && stride_across == stride_down)?;
        let [mut before, mut after] = self.padding.get(&input).copied().unwrap_or_default();
        let [height, width, _] = self.shape(input)?;
        if padding == 0 {
            for (axis, length) in [height, width].into_iter().enumerate() {
                let steps = length.div_ceil(stride);
                let zeros = ((steps - 1) * stride + size[axis]).saturating_sub(length);
                before[axis] += zeros / 2;
                after[axis] += zeros - zeros / 2;
            }
        }
        Some(Window { size, stride, before, after })
    }
}

/// The bounds of a fused activation: none, ReLU, ReLU6.
fn bounds(activation: u8) -> Option<[f32; 2]> {
    match activation {
        0 => Some([f32::NEG_INFINITY, f32::INFINITY]),
        1 => Some([0.0, f32::INFINITY]),
        3 => Some([0.0, 6.0]),
        _ => None,
    }
}
