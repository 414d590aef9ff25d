"""The exception hierarchy: every message says what was given, what was expected, and what to do."""

from __future__ import annotations

from typing import ClassVar

__all__ = [
    "CapsonnxError",
    "CheckpointError",
    "DataError",
    "ImageError",
    "InputError",
    "MissingExtraError",
    "ModelError",
    "ParityError",
    "ProviderError",
]


class CapsonnxError(Exception):
    """Base class of every error that capsonnx raises on purpose; its text is one line, written for users.

    Args:
        given: what was found, naming the thing at fault (a path, an option, a value).
        expected: what would have been right.
        remedy: what the user can do about it, as an imperative.

    >>> str(InputError("photos/: no such folder", expected="a folder of images", remedy="check the spelling"))
    'photos/: no such folder; expected a folder of images; check the spelling'
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, given: str, *, expected: str, remedy: str) -> None:
        message = f"{given}; expected {expected}; {remedy}"
        super().__init__(" ".join(line.strip() for line in message.splitlines()))

    def __reduce__(self) -> tuple[object, ...]:
        """Copy and pickle the error by its finished text, not by the arguments that the text was made from."""
        return _restored, (type(self), str(self)), self.__dict__


def _restored(kind: type[CapsonnxError], text: str) -> CapsonnxError:
    return kind.__new__(kind, text)


class InputError(CapsonnxError):
    """A command or call was given something it cannot work with: no such file, an empty folder, a bad value."""

    exit_code = 2


class ImageError(CapsonnxError):
    """One image could not be read. When a folder is read, the error becomes a row and does not end the run."""


class ModelError(CapsonnxError):
    """An ONNX file breaks the contract: wrong inputs, missing metadata, external data, a format that is too new."""


class CheckpointError(CapsonnxError):
    """A training folder is incomplete or damaged."""


class DataError(CapsonnxError):
    """A data set could not be found or fetched, or does not match its known digest."""


class ProviderError(CapsonnxError):
    """An execution provider requested by name is not available, or ONNX Runtime is missing or installed twice."""


class ParityError(CapsonnxError):
    """The exported file does not compute what the torch network computes."""


class MissingExtraError(CapsonnxError):
    """A command needs packages from an extra that is not installed."""

    exit_code = 2

    def __init__(self, task: str, *, extra: str, package: str) -> None:
        super().__init__(
            f"{task} needs the package {package}, which is not installed",
            expected=f"the extra '{extra}'",
            remedy=f"run: pip install '.[{extra}]' in a checkout of capsonnx",
        )
