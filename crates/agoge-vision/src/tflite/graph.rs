//! A TFLite model as a list of operations with their weights, without what its wanted outputs do
//! not need.

use super::flat::Table;
use super::values;
use std::collections::{HashMap, HashSet};

/// Height, width and channels.
pub(crate) type Shape = [usize; 3];

/// A filter that slides over a picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Window {
    /// Height and width.
    pub(crate) size: [usize; 2],
    /// Pixels from one place to the next, the same both ways.
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

/// What an operation does. Activations are bounds: from 0 to 6 for ReLU6, infinite for none.
#[derive(Clone, Debug)]
pub(crate) enum Operation {
    /// A full filter.
    Convolve { window: Window, weights: Weights, bounds: [f32; 2] },
    /// A filter for each channel.
    Depthwise { window: Window, weights: Weights, bounds: [f32; 2] },
    /// The sum of two; channels that the first lacks are zero.
    Add { bounds: [f32; 2] },
    /// The highest of each 2 × 2 pixels.
    MaxPool,
    /// Twice as high and wide, bilinear, pixels sampled at their centres.
    Double,
    /// Each group of four channels becomes 2 × 2 pixels.
    DepthToSpace,
    /// 1 / (1 + e⁻ˣ).
    Logistic,
}

/// One operation.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) operation: Operation,
    /// Tensors it reads.
    pub(crate) inputs: Vec<usize>,
    /// The tensor it writes.
    pub(crate) output: usize,
}

/// The operations between a picture and the wanted outputs, in order.
#[derive(Debug)]
pub(crate) struct Graph {
    pub(crate) shapes: HashMap<usize, Shape>,
    pub(crate) nodes: Vec<Node>,
    pub(crate) input: usize,
    /// For each wanted output, the tensors whose values make it, one after the other.
    pub(crate) outputs: Vec<Vec<usize>>,
}

/// What is known while the operations are read.
struct Reader<'a> {
    tensors: Vec<Table<'a>>,
    buffers: Vec<Table<'a>>,
    /// A constant that only casts another, or a tensor that is another with a border.
    same: HashMap<usize, usize>,
    /// Zeros to be put before and after, of tensors that are another with a border.
    padding: HashMap<usize, [[usize; 2]; 2]>,
    /// Tensors that are others in a row.
    rows: HashMap<usize, Vec<usize>>,
}

impl Graph {
    /// Reads a model, keeping of its outputs (counted as in the file) only the wanted ones. The
    /// reason if it cannot be.
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

/// The nodes on which the outputs depend.
fn needed(nodes: Vec<Node>, outputs: &[Vec<usize>]) -> Vec<Node> {
    let mut wanted: HashSet<usize> = outputs.iter().flatten().copied().collect();
    let mut kept = Vec::new();
    for node in nodes.into_iter().rev() {
        if wanted.contains(&node.output) {
            wanted.extend(&node.inputs);
            kept.push(node);
        }
    }
    kept.reverse();
    kept
}

impl Reader<'_> {
    /// The operation of a builtin code; `Some(None)` for one that only names or pads what is there;
    /// none if it is not understood.
    fn node(
        &mut self,
        code: i32,
        operator: &Table,
        mut inputs: Vec<usize>,
        output: usize,
    ) -> Option<Option<Node>> {
        let options = operator.table(4);
        let option = |number: usize| options.map_or(0, |options| options.i32(number));
        let small = |number: usize| options.map_or(0, |options| options.u8(number));
        let first = *inputs.first()?;
        let operation = match code {
            // DEQUANTIZE of half floats is a cast, DENSIFY a change of storage: the constants are
            // read so.
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
            0 => Operation::Add { bounds: bounds(small(0))? },
            3 | 4 => {
                let kernel = self.constant(*inputs.get(1)?)?;
                let bias = self.constant(*inputs.get(2)?)?;
                let shape = self.tensors.get(*inputs.get(1)?)?.i32s(0);
                let size =
                    [usize::try_from(*shape.get(1)?).ok()?, usize::try_from(*shape.get(2)?).ok()?];
                let window = self.window(first, size, small(0), option(1), option(2))?;
                let weights = Weights { kernel, bias };
                match code {
                    3 => Operation::Convolve { window, weights, bounds: bounds(small(3))? },
                    _ => Operation::Depthwise { window, weights, bounds: bounds(small(4))? },
                }
            }
            5 if option(0) == 2 => Operation::DepthToSpace,
            14 => Operation::Logistic,
            17 if [option(1), option(2), option(3), option(4)] == [2; 4] => Operation::MaxPool,
            23 if small(3) == 1 && small(2) == 0 => Operation::Double,
            _ => return None,
        };
        inputs.truncate(if matches!(operation, Operation::Add { .. }) { 2 } else { 1 });
        for input in &mut inputs {
            *input = self.plain(*input);
        }
        Some(Some(Node { operation, inputs, output }))
    }

    /// The tensor that this one is, but for a cast or a border.
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

    /// Notes a PAD: of rows and columns for the filter that follows, of channels after the last for
    /// the sum that follows.
    fn pad(&mut self, input: usize, amounts: usize, output: usize) -> Option<()> {
        let bytes = self.bytes(self.tensors.get(amounts)?);
        let amounts: Vec<usize> = bytes.chunks_exact(4).map(|b| usize::from(b[0])).collect();
        let &[0, 0, top, bottom, left, right, 0, _] = &amounts[..] else { return None };
        self.same.insert(output, input);
        self.padding.insert(output, [[top, left], [bottom, right]]);
        Some(())
    }

    /// The window of a filter over a tensor, with the border of a PAD before it and of `SAME` (0)
    /// padding.
    fn window(
        &self,
        input: usize,
        size: [usize; 2],
        padding: u8,
        across: i32,
        down: i32,
    ) -> Option<Window> {
        let stride = usize::try_from(across).ok().filter(|&stride| stride > 0 && across == down)?;
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
