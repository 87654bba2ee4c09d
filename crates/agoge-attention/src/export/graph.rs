//! Builder of an ONNX graph: each call adds a node and returns the name of its output.

use super::proto::{
    Attribute, Dimension, Extent, FLOAT, Graph, INT64, Node, Shape, Tensor, TensorType, Type,
    ValueInfo,
};

/// An ONNX graph under construction.
pub(super) struct Builder {
    graph: Graph,
}

impl Builder {
    pub(super) fn new(name: &str) -> Builder {
        Builder { graph: Graph { name: name.to_owned(), ..Graph::default() } }
    }

    pub(super) fn finish(self) -> Graph {
        self.graph
    }

    /// Adds an input; its first dimension is the batch.
    pub(super) fn input(
        &mut self,
        name: &str,
        element: i32,
        shape: &[usize],
        about: &str,
    ) -> String {
        self.graph.input.push(value(name, element, shape, about));
        name.to_owned()
    }

    /// Adds an output with this name, `[batch, n]`.
    pub(super) fn output(&mut self, from: &str, name: &str, n: usize, about: &str) {
        self.graph.node.push(node("Identity", &[from], &[name], Vec::new(), name));
        self.graph.output.push(value(name, FLOAT, &[n], about));
    }

    /// Adds a constant tensor of floats.
    pub(super) fn floats(&mut self, name: &str, shape: &[usize], values: &[f32]) -> String {
        let raw_data = values.iter().flat_map(|v| v.to_le_bytes()).collect();
        self.constant(name, FLOAT, shape, raw_data)
    }

    /// Adds a constant scalar.
    pub(super) fn float(&mut self, value: f32) -> String {
        let name = self.next("number");
        self.floats(&name, &[], &[value])
    }

    fn ints(&mut self, values: &[i64]) -> String {
        let name = self.next("integers");
        let raw_data = values.iter().flat_map(|v| v.to_le_bytes()).collect();
        self.constant(&name, INT64, &[values.len()], raw_data)
    }

    fn constant(
        &mut self,
        name: &str,
        data_type: i32,
        shape: &[usize],
        raw_data: Vec<u8>,
    ) -> String {
        let dims = shape.iter().map(|n| *n as i64).collect();
        self.graph.initializer.push(Tensor { dims, data_type, name: name.to_owned(), raw_data });
        name.to_owned()
    }

    /// Adds an operation with one output.
    pub(super) fn op(&mut self, kind: &str, inputs: &[&str]) -> String {
        self.op_with(kind, inputs, Vec::new())
    }

    pub(super) fn op_with(
        &mut self,
        kind: &str,
        inputs: &[&str],
        attributes: Vec<Attribute>,
    ) -> String {
        let out = self.next(kind);
        self.graph.node.push(node(kind, inputs, &[&out], attributes, &out));
        out
    }

    /// Splits into equal parts along the last dimension.
    pub(super) fn split<const N: usize>(&mut self, x: &str) -> [String; N] {
        let first = self.next("Split");
        let outs: [String; N] = std::array::from_fn(|i| format!("{first}_{i}"));
        let names = outs.each_ref().map(String::as_str);
        self.graph.node.push(node("Split", &[x], &names, vec![int("axis", -1)], &first));
        outs
    }

    /// Reshapes; 0 keeps a dimension.
    pub(super) fn reshape(&mut self, x: &str, shape: &[usize]) -> String {
        let shape = self.ints(&shape.iter().map(|n| *n as i64).collect::<Vec<_>>());
        self.op("Reshape", &[x, &shape])
    }

    pub(super) fn transpose(&mut self, x: &str, order: &[i64]) -> String {
        self.op_with("Transpose", &[x], vec![ints("perm", order)])
    }

    pub(super) fn unsqueeze(&mut self, x: &str, axes: &[i64]) -> String {
        let axes = self.ints(axes);
        self.op("Unsqueeze", &[x, &axes])
    }

    /// Sums over dimensions and removes them.
    pub(super) fn sum(&mut self, x: &str, axes: &[i64]) -> String {
        let axes = self.ints(axes);
        self.op_with("ReduceSum", &[x, &axes], vec![int("keepdims", 0)])
    }

    /// Takes the maximum over dimensions and removes them.
    pub(super) fn most(&mut self, x: &str, axes: &[i64]) -> String {
        self.op_with("ReduceMax", &[x], vec![ints("axes", axes), int("keepdims", 0)])
    }

    /// A name not used by any other node.
    fn next(&self, kind: &str) -> String {
        format!("{kind}_{}", self.graph.node.len() + self.graph.initializer.len())
    }
}

fn node(
    kind: &str,
    inputs: &[&str],
    outputs: &[&str],
    attribute: Vec<Attribute>,
    name: &str,
) -> Node {
    let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    Node {
        input: owned(inputs),
        output: owned(outputs),
        name: name.to_owned(),
        op_type: kind.to_owned(),
        attribute,
    }
}

pub(super) fn int(name: &str, value: i64) -> Attribute {
    Attribute { name: name.to_owned(), i: Some(value), kind: 2, ..Attribute::default() }
}

pub(super) fn float(name: &str, value: f32) -> Attribute {
    Attribute { name: name.to_owned(), f: Some(value), kind: 1, ..Attribute::default() }
}

fn ints(name: &str, values: &[i64]) -> Attribute {
    Attribute { name: name.to_owned(), ints: values.to_vec(), kind: 7, ..Attribute::default() }
}

/// Description of a tensor `[batch, …shape]`.
fn value(name: &str, element: i32, shape: &[usize], about: &str) -> ValueInfo {
    let batch = Extent::Named("batch".to_owned());
    let dim = std::iter::once(batch)
        .chain(shape.iter().map(|n| Extent::Value(*n as i64)))
        .map(|extent| Dimension { extent: Some(extent) })
        .collect();
    let tensor = TensorType { element, shape: Some(Shape { dim }) };
    ValueInfo {
        name: name.to_owned(),
        of: Some(Type { tensor: Some(tensor) }),
        doc_string: about.to_owned(),
    }
}
