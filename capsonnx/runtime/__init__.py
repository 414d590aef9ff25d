"""Read images with an exported file, using NumPy, Pillow and ONNX Runtime but no training framework."""

from __future__ import annotations

import os

# Set before anything imports ONNX Runtime: from 1.29 on, its Linux builds report to Microsoft unless told not to, and
# what someone reads is nobody else's business. To allow it, set the variable to 0.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

from capsonnx.runtime.decoder import Decoder, decoder_path, load_decoder
from capsonnx.runtime.options import ReadingOptions
from capsonnx.runtime.providers import DEFAULT_CUDA, Cuda
from capsonnx.runtime.reader import Reader, load
from capsonnx.runtime.reading import Found, Reading, read_scores
from capsonnx.runtime.session import Model, default_model_path, load_model
from capsonnx.runtime.sources import expand
from capsonnx.runtime.streaming import Row, page_reader, read_images

__all__ = [
    "DEFAULT_CUDA",
    "Cuda",
    "Decoder",
    "Found",
    "Model",
    "Reader",
    "Reading",
    "ReadingOptions",
    "Row",
    "decoder_path",
    "default_model_path",
    "expand",
    "load",
    "load_decoder",
    "load_model",
    "page_reader",
    "read_images",
    "read_scores",
]
