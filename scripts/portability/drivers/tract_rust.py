"""tract, the runtime in Rust, through its Python package: loaded once for images of every size, one at a time."""

from importlib.metadata import version

import numpy as np
import tract
from answering import ALL, answer


def load(model, _shape):
    graph = tract.onnx().load(str(model))
    # With a free batch tract cannot divide (batch·128·rows·cols) by (batch·128) to find the -1 of the one Reshape.
    graph.set_input_fact(0, "1,H,W,u8")
    runnable = graph.into_model().into_runnable()

    def run(images):
        found = [[one.to_numpy() for one in runnable.run([image[np.newaxis]])] for image in images]
        return {name: np.concatenate(one) for name, one in zip(ALL, zip(*found, strict=True), strict=False)}

    return run


answer(load, version("tract"))
