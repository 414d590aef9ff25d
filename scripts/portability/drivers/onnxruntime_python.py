"""ONNX Runtime from Python, the newest and the oldest."""

import onnxruntime
from answering import answer


def load(model, _shape):
    session = onnxruntime.InferenceSession(str(model), providers=["CPUExecutionProvider"])
    return lambda images: session.run(["lengths"], {"images": images})[0]


answer(load, onnxruntime.__version__)
