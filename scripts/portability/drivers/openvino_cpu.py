"""OpenVINO on the CPU."""

import openvino
from answering import answer, wanted


def load(model, _shape):
    # Without a hint OpenVINO takes bfloat16 on processors that have it.
    compiled = openvino.Core().compile_model(str(model), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    names = wanted([output.any_name for output in compiled.outputs])

    def run(images):
        found = compiled(images)
        return {name: found[name] for name in names}

    return run


answer(load, openvino.__version__)
