"""What an exported file promises: names, shapes and metadata. The exporter and the runtime both import this, only this.

An exported ONNX file takes ``images``, uint8 ``[batch, height, width]`` with light ink on a black ground (a file
exported with ``--input float32`` takes the same values 0..255 as floats), and gives ``lengths``, float32
``[batch, class]`` in 0..1, and, where the network has capsules, up to three more, each float32: ``poses`` ``[batch,
class, dimension]``; ``evidence`` ``[batch, class, rows, cols]``, what each place added to each class; and ``field``
``[batch, class, field_rows, field_cols]``, the lengths again, of the window around each place: where symbols stand.
Everything a program needs to use the file is in its metadata, written and read by :class:`Contract`.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from capsonnx.errors import ModelError

__all__ = [
    "EVIDENCE",
    "FIELD",
    "FORMAT",
    "IMAGES",
    "LENGTHS",
    "OUTPUTS",
    "POSES",
    "Contract",
    "Scorer",
    "Scores",
    "Windows",
]

FORMAT = 1
"""The format version that this release writes, and the newest one that it reads."""

IMAGES = "images"
LENGTHS = "lengths"
POSES = "poses"
EVIDENCE = "evidence"
FIELD = "field"
OUTPUTS = (LENGTHS, POSES, EVIDENCE, FIELD)
"""All outputs that a file may have; the first it always has."""

_PREFIX = "capsonnx."


@dataclass(frozen=True)
class Scores:
    """What a network says of a batch of images.

    Attributes:
        lengths: (batch, class) float32 in 0..1, the score of each class.
        poses: (batch, class, dimension) float32, the output capsules, or None where they were not computed.
        evidence: (batch, class, rows, cols) float32, at least 0, or None likewise: what each feature column added to
            each class. Column (row, col) sees the square of side ``receptive_field`` whose upper left pixel is
            (row, col) times ``stride``.
        field: (batch, class, rows, cols) float32 in 0..1, or None likewise: the score of each class in each window;
            :class:`Windows` says which.
    """

    lengths: NDArray[np.float32]
    poses: NDArray[np.float32] | None = None
    evidence: NDArray[np.float32] | None = None
    field: NDArray[np.float32] | None = None


Scorer: TypeAlias = Callable[[NDArray[np.uint8]], Scores]
"""Images (batch, height, width) uint8 to scores. The ONNX session and the torch network both satisfy it."""


@dataclass(frozen=True)
class Windows:
    """Where the windows of ``field`` lie, and how symbols are picked among them; all in pixels, vertical first.

    Attributes:
        origin: from the upper left edge of the image to the centre of the window of cell (0, 0).
        stride: between neighbouring windows.
        size: height and width of a window.
        threshold: the score in 0..1 above which a window may hold a symbol.
        apart: of two symbols, the centres are at least so far apart, in the one direction or in the other.
        silent_black: whether black gives nothing, so that a reader may pad and crop black as it likes.
        symbol: the longer side of the symbols that the network was trained on.
    """

    origin: tuple[float, float]
    stride: int
    size: tuple[int, int]
    threshold: float
    apart: tuple[float, float]
    silent_black: bool
    symbol: float = 20.0


@dataclass(frozen=True)
class Contract:
    """The metadata of an exported file.

    Attributes:
        labels: the class names, in the order of the class axis.
        smallest: the least height and width in pixels.
        stride: the distance in pixels between neighbouring feature columns.
        receptive_field: the side in pixels of the square that one feature column sees.
        threshold: the score above which a class is said to be in the image.
        polarity: what the network was trained on; only ``light-on-dark`` exists so far.
        network: the frozen network config, for information.
        recipe: the frozen training recipe, for information.
        dataset: the name of the training data.
        accuracy: figures measured at the end of training, on digits held out of it, each in 0..1.
        software: package versions that made the file.
        windows: how to read the output ``field``, or None where the file has none.
    """

    labels: tuple[str, ...]
    smallest: int = 14
    stride: int = 2
    receptive_field: int = 14
    threshold: float = 0.5
    polarity: Literal["light-on-dark"] = "light-on-dark"
    network: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    recipe: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    dataset: str = "unknown"
    accuracy: Mapping[str, float] = dataclasses.field(default_factory=dict)
    software: Mapping[str, str] = dataclasses.field(default_factory=dict)
    windows: Windows | None = None

    def to_metadata(self) -> dict[str, str]:
        """The metadata properties of the file: JSON values under keys that begin with ``capsonnx.``.

        >>> Contract(labels=("0", "1")).to_metadata()["capsonnx.labels"]
        '["0", "1"]'
        """
        values: dict[str, Any] = {"format": FORMAT, **dataclasses.asdict(self)}
        if self.windows is None:
            del values["windows"]
        return {_PREFIX + key: json.dumps(value, ensure_ascii=False, sort_keys=True) for key, value in values.items()}

    @classmethod
    def from_metadata(cls, metadata: Mapping[str, str], *, name: str) -> Contract:
        """Read a contract back.

        Args:
            metadata: the metadata properties of an ONNX file.
            name: the file's name, for the error message.

        Raises:
            ModelError: a key is missing, is not JSON, has the wrong type, or the format is newer than :data:`FORMAT`.

        >>> contract = Contract(labels=("cat", "dog"), threshold=0.4)
        >>> Contract.from_metadata(contract.to_metadata(), name="pets.onnx") == contract
        True
        """
        version = _value(metadata, "format", int, name)
        if not 1 <= version <= FORMAT:
            raise ModelError(
                f"{name}: format {version}",
                expected=f"a format from 1 to {FORMAT}",
                remedy="upgrade capsonnx, or export the model again with this version",
            )
        types = {"labels": list, "polarity": str, "dataset": str, "threshold": (int, float)}
        types |= dict.fromkeys(("smallest", "stride", "receptive_field"), int)
        types |= dict.fromkeys(("network", "recipe", "accuracy", "software"), dict)
        values = {key: _value(metadata, key, kind, name) for key, kind in types.items()}
        labels = values["labels"]
        if not labels or not all(isinstance(label, str) for label in labels) or len(set(labels)) != len(labels):
            raise _malformed(name, "labels", "a list of distinct class names")
        if not 0 <= values["threshold"] < 1:
            raise _malformed(name, "threshold", "a number from 0 up to 1")
        fixed = {"labels": tuple(labels), "threshold": float(values["threshold"])}
        return cls(**{**values, **fixed, "windows": _windows(metadata, name)})


def _windows(metadata: Mapping[str, str], name: str) -> Windows | None:
    """The windows of a file, or None: the key came with the output ``field``, and files without it are as good."""
    if _PREFIX + "windows" not in metadata:
        return None
    values = _value(metadata, "windows", dict, name)
    try:
        pairs = {key: _pair(values[key]) for key in ("origin", "apart")}
        size = _pair(values["size"])
        windows = Windows(**{**values, **pairs, "size": (int(size[0]), int(size[1]))})
        is_sound = 0 <= windows.threshold < 1 and min(windows.stride, windows.symbol, *windows.size, *windows.apart) > 0
    except (KeyError, TypeError, ValueError):
        is_sound = False
    if not is_sound:
        raise _malformed(name, "windows", "origin, stride, size, threshold, apart and silent_black")
    return windows


def _pair(value: Any) -> tuple[float, float]:
    if not isinstance(value, list):
        raise TypeError(value)
    first, second = value
    return float(first), float(second)


def _value(metadata: Mapping[str, str], key: str, kind: Any, name: str) -> Any:
    """The value of one metadata key, checked to be JSON of the given kind."""
    text = metadata.get(_PREFIX + key)
    if text is None:
        raise ModelError(
            f"{name}: no metadata key {_PREFIX + key}",
            expected="a file made by 'capsonnx export'",
            remedy="export the checkpoint with 'capsonnx export', or pass another --model",
        )
    try:
        value = json.loads(text)
    except ValueError:
        value = None
    if isinstance(value, bool) or not isinstance(value, kind):
        raise _malformed(name, key, "a JSON value of the documented type")
    return value


def _malformed(name: str, key: str, expected: str) -> ModelError:
    return ModelError(
        f"{name}: metadata key {_PREFIX + key} is malformed",
        expected=expected,
        remedy="export the model again with 'capsonnx export'",
    )
