"""Name the extra that a command needs, instead of failing on an import."""

from __future__ import annotations

from importlib.util import find_spec

from capsonnx.errors import MissingExtraError

__all__ = ["require_pictures", "require_train"]


def require_train(task: str) -> None:
    """Check that the packages of the extra ``train`` are installed, without importing them.

    Raises:
        MissingExtraError: one of them is missing.
    """
    packages = ("torch", "onnx", "onnxscript", "safetensors", "matplotlib", "pooch", "platformdirs")
    _require(task, "train", packages)


def require_pictures(task: str) -> None:
    """Check that the package of the extra ``pictures`` is installed, without importing it.

    Raises:
        MissingExtraError: it is missing.
    """
    _require(task, "pictures", ("matplotlib",))


def _require(task: str, extra: str, packages: tuple[str, ...]) -> None:
    for package in packages:
        if find_spec(package) is None:
            raise MissingExtraError(task, extra=extra, package=package)
