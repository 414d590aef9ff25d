"""capsonnx: train a capsule network on single symbols, export it once to ONNX, read images that hold several.

>>> import capsonnx
>>> reader = capsonnx.load()                      # the shipped MNIST model
>>> reader.read([[0] * 28] * 28).labels           # a blank image holds nothing
()
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from capsonnx.errors import CapsonnxError

if TYPE_CHECKING:
    from capsonnx import datasets, evaluation, runtime
    from capsonnx.runtime import Reader, load

__version__ = "0.1.0"
__all__ = ["CapsonnxError", "Reader", "__version__", "datasets", "evaluation", "load", "runtime"]


def __getattr__(name: str) -> object:
    """Import the other modules only when they are first asked for, so that ``import capsonnx`` stays instant."""
    if name in ("datasets", "evaluation", "runtime"):
        return importlib.import_module(f"capsonnx.{name}")
    if name in ("Reader", "load"):
        return getattr(importlib.import_module("capsonnx.runtime"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    """The names in this module, including those not imported yet."""
    return sorted({*globals(), *__all__})
