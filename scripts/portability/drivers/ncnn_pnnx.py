"""ncnn, on the conversion by its own tool, pnnx."""

import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import ncnn
import numpy as np
from answering import answer


def load(model, _shape):
    Path("model.onnx").write_bytes(model.read_bytes())
    shapes = ["inputshape=[1,28,28]u8", "inputshape2=[1,31,44]u8"]  # two of them, so that neither is taken as fixed
    subprocess.run([Path(sys.executable).parent / "pnnx", "model.onnx", *shapes], check=True, stdout=sys.stderr)
    network = ncnn.Net()
    network.load_param("model.ncnn.param")
    network.load_model("model.ncnn.bin")

    def run_one(image):
        with network.create_extractor() as extractor:
            extractor.input("in0", ncnn.Mat(np.ascontiguousarray(image, np.float32)[None]))
            return np.array(extractor.extract("out0")[1]).reshape(-1)

    return lambda images: np.stack([run_one(image) for image in images])  # ncnn has no batch axis


answer(load, version("ncnn"))
