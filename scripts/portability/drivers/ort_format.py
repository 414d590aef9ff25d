"""ONNX Runtime on the file in its own ORT format, made here by its own tool; its size is told beside the version."""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import onnxruntime
from answering import answer, wanted


def convert(model):
    folder = Path(tempfile.mkdtemp())
    shutil.copy(model, folder)
    tool = [sys.executable, "-m", "onnxruntime.tools.convert_onnx_models_to_ort", str(folder)]
    subprocess.run([*tool, "--optimization_style", "Fixed"], check=True, stdout=subprocess.DEVNULL)
    (converted,) = folder.glob("*.ort")
    return converted


def load(_model, _shape):
    session = onnxruntime.InferenceSession(str(CONVERTED), providers=["CPUExecutionProvider"])
    names = wanted([output.name for output in session.get_outputs()])
    return lambda images: dict(zip(names, session.run(names, {"images": images}), strict=True))


CONVERTED = convert(sys.argv[1])
answer(load, f"{onnxruntime.__version__}, {CONVERTED.stat().st_size:,} bytes")
