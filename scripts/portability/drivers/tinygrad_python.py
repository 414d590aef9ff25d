"""tinygrad's ONNX runner."""

import shutil
from importlib.metadata import version
from pathlib import Path

from answering import answer, wanted
from tinygrad import Tensor
from tinygrad.nn.onnx import OnnxRunner


def load(model, _shape):
    runner = OnnxRunner(Path(shutil.copy(model, "model.onnx")))  # it opens the file for writing

    def run(images):
        runner.variable_dims.clear()  # it would hold the next images to the sizes of these
        found = runner({"images": Tensor(images)})
        return {name: found[name].numpy() for name in wanted(found)}

    return run


answer(load, version("tinygrad"))
