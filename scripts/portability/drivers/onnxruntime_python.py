"""ONNX Runtime from Python, the newest and the oldest."""

import onnxruntime
from answering import answer, wanted


def load(model, _shape):
    session = onnxruntime.InferenceSession(str(model), providers=["CPUExecutionProvider"])
    names = wanted([output.name for output in session.get_outputs()])
    return lambda images: dict(zip(names, session.run(names, {"images": images})))  # noqa: B905 - Python 3.8 runs it


answer(load, onnxruntime.__version__)
