"""Commands that need torch say which extra brings it, instead of failing on an import."""

from __future__ import annotations

from importlib.util import find_spec

from capsonnx.errors import MissingExtraError

__all__ = ["require_train"]


def require_train(task: str) -> None:
    """Check that the packages of the extra ``train`` are installed, without importing them.

    Raises:
        MissingExtraError: one of them is not.
    """
    for package in ("torch", "onnx", "onnxscript", "safetensors", "matplotlib", "pooch", "platformdirs"):
        if find_spec(package) is None:
            raise MissingExtraError(task, extra="train", package=package)
