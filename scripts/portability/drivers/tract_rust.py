"""tract, the runtime in Rust, through its Python package."""

from importlib.metadata import version

import tract
from answering import ALL, answer


def load(model, shape):
    graph = tract.onnx().load(str(model))
    # With free sizes tract cannot divide (batch·128·rows·cols) by (batch·128) to find the -1 of the one Reshape.
    graph.set_input_fact(0, "{},{},{},u8".format(*shape))
    runnable = graph.into_model().into_runnable()
    return lambda images: {name: one.to_numpy() for name, one in zip(ALL, runnable.run([images]), strict=False)}


answer(load, version("tract"), dynamic=False)
