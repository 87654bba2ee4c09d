//! Runs a pose network: images are rows of pixels with their channels together, all operations work
//! on whole SIMD vectors, and each thread of the pool computes some rows.
//!
//! Channels are padded with zeros to a multiple of [`CHANNEL_MULTIPLE`], so that no operation has a
//! remainder; images that a filter slides over carry a border of zeros, so that no filter checks
//! bounds. Both are set up once, when the network is created.

mod convolve;
mod depthwise;
mod elementwise;
mod plane;

use crate::tflite::{FilterWindow, TfliteGraph, TfliteOperation};
use convolve::ConvolutionFilter;
use depthwise::DepthwiseFilter;
use plane::{FeaturePlane, PlaneLayout};
use pulp::Arch;
use std::collections::HashMap;

/// Channels are padded to a multiple of this: the floats of the widest SIMD vector.
const CHANNEL_MULTIPLE: usize = 16;

/// One step of the network on its planes.
enum NetworkStep {
    Convolve(ConvolutionFilter),
    Depthwise(DepthwiseFilter),
    Add([f32; 2]),
    MaxPool,
    DoubleSize,
    DepthToSpace,
    Logistic,
}

/// A network that is ready to run.
pub(crate) struct PoseNetwork {
    arch: Arch,
    /// The steps, each with the indices of its input planes and its output plane.
    steps: Vec<(NetworkStep, Vec<usize>, usize)>,
    planes: Vec<FeaturePlane>,
    input: usize,
    outputs: Vec<Vec<usize>>,
}

impl PoseNetwork {
    /// Creates a network from a TFLite file and the indices of the wanted outputs; an error says
    /// why it cannot be used.
    pub(crate) fn new(bytes: &[u8], wanted: &[usize]) -> Result<PoseNetwork, String> {
        let arch = Arch::new();
        let graph = TfliteGraph::parse_model(bytes, wanted)?;
        let geometry = tensor_layouts(&graph)?;
        let (places, planes) = assign_planes(&graph, &geometry);
        let mut steps = Vec::with_capacity(graph.nodes.len());
        for node in graph.nodes {
            let to = geometry[&node.output];
            let from: Vec<PlaneLayout> = node.inputs.iter().map(|input| geometry[input]).collect();
            let step = match node.operation {
                TfliteOperation::Convolve { window, weights, bounds } => {
                    check_window(window, from[0], to)?;
                    NetworkStep::Convolve(ConvolutionFilter::new(
                        arch, &window, &weights, bounds, from[0], to,
                    )?)
                }
                TfliteOperation::Depthwise { window, weights, bounds } => {
                    check_window(window, from[0], to)?;
                    NetworkStep::Depthwise(DepthwiseFilter::new(
                        &window, &weights, bounds, from[0], to,
                    )?)
                }
                TfliteOperation::Add { bounds } => {
                    let alike = from.iter().all(|f| [f.height, f.width] == [to.height, to.width]);
                    if !alike
                        || from.len() != 2
                        || from[0].channels > to.channels
                        || from[1].channels != to.channels
                    {
                        return Err("a sum of pictures of different sizes".into());
                    }
                    NetworkStep::Add(bounds)
                }
                TfliteOperation::MaxPool
                    if [to.height, to.width, to.stride]
                        == [from[0].height / 2, from[0].width / 2, from[0].stride] =>
                {
                    NetworkStep::MaxPool
                }
                TfliteOperation::DoubleSize
                    if [to.height, to.width, to.stride]
                        == [2 * from[0].height, 2 * from[0].width, from[0].stride] =>
                {
                    NetworkStep::DoubleSize
                }
                TfliteOperation::DepthToSpace
                    if [to.height, to.width, 4 * to.channels]
                        == [2 * from[0].height, 2 * from[0].width, from[0].channels] =>
                {
                    NetworkStep::DepthToSpace
                }
                TfliteOperation::Logistic if to == from[0] => NetworkStep::Logistic,
                _ => return Err("an operation whose sizes do not fit".into()),
            };
            let inputs = node.inputs.iter().map(|input| places[input]).collect();
            steps.push((step, inputs, places[&node.output]));
        }
        let outputs = graph
            .outputs
            .iter()
            .map(|row| row.iter().map(|tensor| places.get(tensor).copied()).collect());
        let outputs: Option<Vec<Vec<usize>>> = outputs.collect();
        Ok(PoseNetwork {
            arch,
            steps,
            planes,
            input: places[&graph.input],
            outputs: outputs.ok_or("an output is not computed")?,
        })
    }

    /// Height and width of its input image.
    pub(crate) fn input_size(&self) -> [usize; 2] {
        let geometry = self.planes[self.input].layout;
        [geometry.height, geometry.width]
    }

    /// Runs it on an image, `[row, column, red green blue]` scaled as in training, and returns the
    /// wanted outputs, each in the order of the file.
    pub(crate) fn compute_outputs(&mut self, rgb: &[f32]) -> Vec<Vec<f32>> {
        self.planes[self.input].fill_values(rgb);
        for (step, inputs, output) in &self.steps {
            let mut to = std::mem::take(&mut self.planes[*output]);
            let from = &self.planes[inputs[0]];
            match step {
                NetworkStep::Convolve(convolution) => {
                    convolution.filter_plane(self.arch, from, &mut to)
                }
                NetworkStep::Depthwise(depthwise) => {
                    depthwise.filter_plane(self.arch, from, &mut to)
                }
                NetworkStep::Add(bounds) => elementwise::add_planes(
                    self.arch,
                    from,
                    &self.planes[inputs[1]],
                    *bounds,
                    &mut to,
                ),
                NetworkStep::MaxPool => elementwise::max_pool(self.arch, from, &mut to),
                NetworkStep::DoubleSize => elementwise::double_size(self.arch, from, &mut to),
                NetworkStep::DepthToSpace => elementwise::depth_to_space(from, &mut to),
                NetworkStep::Logistic => elementwise::apply_logistic(from, &mut to),
            }
            self.planes[*output] = to;
        }
        let outputs = self.outputs.iter();
        outputs
            .map(|row| row.iter().flat_map(|&plane| self.planes[plane].values()).collect())
            .collect()
    }
}

/// Checks that a filter gives the sizes stated in the file.
fn check_window(window: FilterWindow, from: PlaneLayout, to: PlaneLayout) -> Result<(), String> {
    let length = |axis: usize, length: usize| {
        let span = length + window.before[axis] + window.after[axis];
        span.checked_sub(window.size[axis]).map(|rest| rest / window.stride + 1)
    };
    match [length(0, from.height), length(1, from.width)] == [Some(to.height), Some(to.width)] {
        true => Ok(()),
        false => Err("a filter whose sizes do not fit".into()),
    }
}

/// The layout of each tensor, with the widest border that a filter over it needs.
fn tensor_layouts(graph: &TfliteGraph) -> Result<HashMap<usize, PlaneLayout>, String> {
    let mut geometry: HashMap<usize, PlaneLayout> =
        graph.shapes.iter().map(|(&tensor, &shape)| (tensor, PlaneLayout::new(shape))).collect();
    if geometry.values().any(|g| g.float_count() > 1 << 24 || g.float_count() == 0) {
        return Err("a picture of a size that cannot be".into());
    }
    if let Some(input) = geometry.get_mut(&graph.input) {
        // The image's three colours are filtered only once; whole vectors would make it four times
        // as large.
        input.stride = input.channels;
    }
    for node in &graph.nodes {
        if let TfliteOperation::Convolve { window, .. }
        | TfliteOperation::Depthwise { window, .. } = &node.operation
        {
            let input = geometry.get_mut(&node.inputs[0]).ok_or("an input without a shape")?;
            for axis in 0..2 {
                input.before[axis] = input.before[axis].max(window.before[axis]);
                input.after[axis] = input.after[axis].max(window.after[axis]);
            }
        }
    }
    Ok(geometry)
}

/// Assigns each tensor a plane: tensors of the same layout share a plane once it is no longer read,
/// which keeps planes in the caches.
fn assign_planes(
    graph: &TfliteGraph,
    geometry: &HashMap<usize, PlaneLayout>,
) -> (HashMap<usize, usize>, Vec<FeaturePlane>) {
    let mut last_read: HashMap<usize, usize> = HashMap::new();
    for (step, node) in graph.nodes.iter().enumerate() {
        node.inputs.iter().for_each(|&input| {
            last_read.insert(input, step);
        });
    }
    graph.outputs.iter().flatten().for_each(|&output| {
        last_read.insert(output, usize::MAX);
    });
    let mut places = HashMap::new();
    let mut planes = vec![FeaturePlane::new(geometry[&graph.input])];
    let mut free: Vec<usize> = Vec::new();
    places.insert(graph.input, 0);
    for (step, node) in graph.nodes.iter().enumerate() {
        let wanted = geometry[&node.output];
        let place = match free.iter().position(|&plane| planes[plane].layout == wanted) {
            Some(index) => free.swap_remove(index),
            None => {
                planes.push(FeaturePlane::new(wanted));
                planes.len() - 1
            }
        };
        places.insert(node.output, place);
        for input in &node.inputs {
            let place = places[input];
            if last_read.get(input) == Some(&step) && place != 0 && !free.contains(&place) {
                free.push(place);
            }
        }
    }
    (places, planes)
}

#[cfg(test)]
mod tests;
