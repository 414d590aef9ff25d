"""MNN, on its own conversion of the file."""

from importlib.metadata import version

import _tools  # of MNN: its script around this would install a package and report the conversion to its makers
import MNN
import numpy as np
from answering import answer


def load(model, _shape):
    command = ["mnnconvert", "-f", "ONNX", "--modelFile", str(model), "--MNNModel", "model.mnn", "--bizCode", "none"]
    _tools.mnnconvert(command)
    module = MNN.nn.load_module_from_file("model.mnn", ["images"], ["lengths"])

    def run(images):
        given = MNN.expr.const(images, images.shape, MNN.expr.NCHW, MNN.expr.uint8)
        return np.array(module.forward([given])[0].read())

    return run


answer(load, version("MNN"))
