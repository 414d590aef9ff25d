"""OpenVINO on the CPU."""

import openvino
from answering import answer


def load(model, _shape):
    # Without a hint OpenVINO takes bfloat16 on processors that have it.
    compiled = openvino.Core().compile_model(str(model), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    return lambda images: compiled(images)["lengths"]


answer(load, openvino.__version__)
