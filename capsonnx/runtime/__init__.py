"""Reading images with an exported file: NumPy, Pillow and ONNX Runtime, no training framework."""

from __future__ import annotations

from capsonnx.runtime.decoder import Decoder, decoder_path, load_decoder
from capsonnx.runtime.folder import Row, page_reader, read_images
from capsonnx.runtime.options import ReadingOptions
from capsonnx.runtime.providers import FAITHFUL, Cuda
from capsonnx.runtime.reader import Reader, load
from capsonnx.runtime.reading import Found, Reading, read_scores
from capsonnx.runtime.session import Model, default_model_path, load_model
from capsonnx.runtime.sources import expand

__all__ = [
    "FAITHFUL",
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
