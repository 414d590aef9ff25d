"""tinygrad's ONNX runner."""

import shutil
from importlib.metadata import version
from pathlib import Path

from answering import answer
from tinygrad import Tensor
from tinygrad.nn.onnx import OnnxRunner


def load(model, _shape):
    runner = OnnxRunner(Path(shutil.copy(model, "model.onnx")))  # it opens the file for writing

    def run(images):
        runner.variable_dims.clear()  # it would hold the next images to the sizes of these
        return runner({"images": Tensor(images)})["lengths"].numpy()

    return run


answer(load, version("tinygrad"))
