//! Builder of an ONNX graph: each call adds a node and returns the name of its output.

use super::proto::{
    Extent, FLOAT, INT64, OnnxAttribute, OnnxDimension, OnnxGraph, OnnxNode, OnnxShape, OnnxTensor,
    OnnxType, TensorType, ValueInfo,
};

/// An ONNX graph under construction.
pub(super) struct GraphBuilder {
    graph: OnnxGraph,
}

impl GraphBuilder {
    pub(super) fn new(name: &str) -> GraphBuilder {
        GraphBuilder { graph: OnnxGraph { name: name.to_owned(), ..OnnxGraph::default() } }
    }

    pub(super) fn into_graph(self) -> OnnxGraph {
        self.graph
    }

    /// Adds an input; its first dimension is the batch.
    pub(super) fn add_input(
        &mut self,
        name: &str,
        element: i32,
        shape: &[usize],
        about: &str,
    ) -> String {
        self.graph.input.push(value_info(name, element, shape, about));
        name.to_owned()
    }

    /// Adds an output with this name, `[batch, n]`.
    pub(super) fn add_output(&mut self, from: &str, name: &str, n: usize, about: &str) {
        self.graph.node.push(graph_node("Identity", &[from], &[name], Vec::new(), name));
        self.graph.output.push(value_info(name, FLOAT, &[n], about));
    }

    /// Adds a constant tensor of floats.
    pub(super) fn add_floats(&mut self, name: &str, shape: &[usize], values: &[f32]) -> String {
        let raw_data = values.iter().flat_map(|v| v.to_le_bytes()).collect();
        self.add_constant(name, FLOAT, shape, raw_data)
    }

    /// Adds a constant scalar.
    pub(super) fn add_float(&mut self, value: f32) -> String {
        let name = self.unique_name("number");
        self.add_floats(&name, &[], &[value])
    }

    fn add_ints(&mut self, values: &[i64]) -> String {
        let name = self.unique_name("integers");
        let raw_data = values.iter().flat_map(|v| v.to_le_bytes()).collect();
        self.add_constant(&name, INT64, &[values.len()], raw_data)
    }

    fn add_constant(
        &mut self,
        name: &str,
        data_type: i32,
        shape: &[usize],
        raw_data: Vec<u8>,
    ) -> String {
        let dims = shape.iter().map(|n| *n as i64).collect();
        self.graph.initializer.push(OnnxTensor {
            dims,
            data_type,
            name: name.to_owned(),
            raw_data,
        });
        name.to_owned()
    }

    /// Adds an operation with one output.
    pub(super) fn add_op(&mut self, kind: &str, inputs: &[&str]) -> String {
        self.add_op_with(kind, inputs, Vec::new())
    }

    pub(super) fn add_op_with(
        &mut self,
        kind: &str,
        inputs: &[&str],
        attributes: Vec<OnnxAttribute>,
    ) -> String {
        let out = self.unique_name(kind);
        self.graph.node.push(graph_node(kind, inputs, &[&out], attributes, &out));
        out
    }

    /// Splits into equal parts along the last dimension.
    pub(super) fn add_split<const N: usize>(&mut self, x: &str) -> [String; N] {
        let first = self.unique_name("Split");
        let outs: [String; N] = std::array::from_fn(|i| format!("{first}_{i}"));
        let names = outs.each_ref().map(String::as_str);
        self.graph.node.push(graph_node(
            "Split",
            &[x],
            &names,
            vec![int_attribute("axis", -1)],
            &first,
        ));
        outs
    }

    /// Reshapes; 0 keeps a dimension.
    pub(super) fn add_reshape(&mut self, x: &str, shape: &[usize]) -> String {
        let shape = self.add_ints(&shape.iter().map(|n| *n as i64).collect::<Vec<_>>());
        self.add_op("Reshape", &[x, &shape])
    }

    pub(super) fn add_transpose(&mut self, x: &str, order: &[i64]) -> String {
        self.add_op_with("Transpose", &[x], vec![ints_attribute("perm", order)])
    }

    pub(super) fn add_unsqueeze(&mut self, x: &str, axes: &[i64]) -> String {
        let axes = self.add_ints(axes);
        self.add_op("Unsqueeze", &[x, &axes])
    }

    /// Sums over dimensions and removes them.
    pub(super) fn add_sum(&mut self, x: &str, axes: &[i64]) -> String {
        let axes = self.add_ints(axes);
        self.add_op_with("ReduceSum", &[x, &axes], vec![int_attribute("keepdims", 0)])
    }

    /// Takes the maximum over dimensions and removes them.
    pub(super) fn add_maximum(&mut self, x: &str, axes: &[i64]) -> String {
        self.add_op_with(
            "ReduceMax",
            &[x],
            vec![ints_attribute("axes", axes), int_attribute("keepdims", 0)],
        )
    }

    /// A name not used by any other node.
    fn unique_name(&self, kind: &str) -> String {
        format!("{kind}_{}", self.graph.node.len() + self.graph.initializer.len())
    }
}

fn graph_node(
    kind: &str,
    inputs: &[&str],
    outputs: &[&str],
    attribute: Vec<OnnxAttribute>,
    name: &str,
) -> OnnxNode {
    let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    OnnxNode {
        input: owned(inputs),
        output: owned(outputs),
        name: name.to_owned(),
        op_type: kind.to_owned(),
        attribute,
    }
}

pub(super) fn int_attribute(name: &str, value: i64) -> OnnxAttribute {
    OnnxAttribute { name: name.to_owned(), i: Some(value), kind: 2, ..OnnxAttribute::default() }
}

pub(super) fn float_attribute(name: &str, value: f32) -> OnnxAttribute {
    OnnxAttribute { name: name.to_owned(), f: Some(value), kind: 1, ..OnnxAttribute::default() }
}

fn ints_attribute(name: &str, values: &[i64]) -> OnnxAttribute {
    OnnxAttribute {
        name: name.to_owned(),
        ints: values.to_vec(),
        kind: 7,
        ..OnnxAttribute::default()
    }
}

/// Description of a tensor `[batch, …shape]`.
fn value_info(name: &str, element: i32, shape: &[usize], about: &str) -> ValueInfo {
    let batch = Extent::Named("batch".to_owned());
    let dim = std::iter::once(batch)
        .chain(shape.iter().map(|n| Extent::Value(*n as i64)))
        .map(|extent| OnnxDimension { extent: Some(extent) })
        .collect();
    let tensor = TensorType { element, shape: Some(OnnxShape { dim }) };
    ValueInfo {
        name: name.to_owned(),
        value_type: Some(OnnxType { tensor: Some(tensor) }),
        doc_string: about.to_owned(),
    }
}
