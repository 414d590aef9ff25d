"""onnx2torch: the file as a PyTorch module."""

import sys
from importlib.metadata import version
from unittest.mock import MagicMock

import torch
from answering import ALL, answer

# onnx2torch imports torchvision for two operators that are not in this file, and torchvision's builds on PyPI import
# only beside a CUDA build of torch.
sys.modules |= {"torchvision": MagicMock(), "torchvision.ops": MagicMock()}
from onnx2torch import convert  # noqa: E402


def load(model, _shape):
    module = convert(str(model)).eval()

    def run(images):
        with torch.inference_mode():
            return {name: one.numpy() for name, one in zip(ALL, module(torch.from_numpy(images)), strict=False)}

    return run


answer(load, version("onnx2torch"))
