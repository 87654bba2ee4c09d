"""Holds an exported ONNX graph against the product: python bench/onnx_check.py MODEL.onnx CHECK.safetensors

Both files come from one command: agoge model export MODEL.safetensors --onnx MODEL.onnx --check CHECK.safetensors
Needs onnx, onnxruntime, numpy and safetensors. Ends with 1 if an output differs by more than 1e-4.
"""
import json
import sys

import numpy
import onnx
import onnxruntime
from safetensors.numpy import load_file

MOST = 1e-4


def main(graph, check):
    model = onnx.load(graph)
    onnx.checker.check_model(model, full_check=True)
    card = json.loads({entry.key: entry.value for entry in model.metadata_props}["agoge"])
    print(f"{card['name']}: opset {model.opset_import[0].version}, {len(model.graph.node)} nodes")
    given = load_file(check)
    session = onnxruntime.InferenceSession(graph, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    inputs = {name: given[name] for name in ("tokens", "sensor", "carrier", "hidden", "seconds")}
    worst = 0.0
    for name, value in zip(names, session.run(names, inputs)):
        assert value.shape == given[name].shape, (name, value.shape, given[name].shape)
        off = float(numpy.abs(value - given[name]).max())
        print(f"{name:10} {str(value.shape):12} largest difference {off:.2e}")
        worst = max(worst, off)
    # The batch is free: each clip alone gives the same, whether it has a body, a sensor or both.
    for clip in range(len(given["hidden"])):
        alone = session.run(names, {name: value[clip : clip + 1] for name, value in inputs.items()})
        body, sensor = ~given["hidden"][clip, :-1].all(), ~given["hidden"][clip, -1]
        off = max(float(numpy.abs(value - given[name][clip]).max()) for name, value in zip(names, alone))
        print(f"clip {clip} alone, body {body}, sensor {sensor}: largest difference {off:.2e}")
        worst = max(worst, off)
    print("equal" if worst <= MOST else f"NOT equal to {MOST}")
    return worst > MOST


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
