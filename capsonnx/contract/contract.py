"""The names of inputs and outputs, the scores of a batch, and the metadata of networks and decoders."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from capsonnx.contract.metadata import FORMAT, PREFIX, check_format, labels_of, malformed, to_metadata, value_of
from capsonnx.contract.windows import Windows, read_windows
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
    "DecoderContract",
    "Scorer",
    "Scores",
]

IMAGES = "images"
LENGTHS = "lengths"
POSES = "poses"
EVIDENCE = "evidence"
FIELD = "field"
OUTPUTS = (LENGTHS, POSES, EVIDENCE, FIELD)
"""All outputs that a file may have. The first is always present."""

_DECODER = "decoder"
"""The value of the metadata key ``kind`` in a decoder file. The file of a network has no such key."""


@dataclass(frozen=True)
class Scores:
    """The outputs of a network for a batch of images. Those that were not computed are None.

    Attributes:
        lengths: (batch, class) float32 in 0..1, the score of each class.
        poses: (batch, class, dimension) float32, the output capsules.
        evidence: (batch, class, rows, cols) float32, at least 0: what each feature column contributed to each class.
            Column (row, col) sees the square of side ``receptive_field`` whose upper left pixel is (row, col) times
            ``stride``.
        field: (batch, class, rows, cols) float32 in 0..1, the score of each class in each window;
            :class:`capsonnx.contract.Windows` says where the windows are.
    """

    lengths: NDArray[np.float32]
    poses: NDArray[np.float32] | None = None
    evidence: NDArray[np.float32] | None = None
    field: NDArray[np.float32] | None = None


Scorer: TypeAlias = Callable[[NDArray[np.uint8]], Scores]
"""Scores images, (batch, height, width) uint8. The ONNX session and the torch network both satisfy it."""


@dataclass(frozen=True)
class Contract:
    """The metadata of an exported file.

    Attributes:
        labels: the class names, in the order of the class axis.
        smallest: the minimum height and width of an image in pixels.
        stride: the distance in pixels between neighbouring feature columns.
        receptive_field: the side in pixels of the square that one feature column sees.
        threshold: the score above which a class counts as present in the image.
        polarity: the polarity of the training images; only ``light-on-dark`` exists so far.
        network: the frozen network config, for information.
        recipe: the frozen training recipe, for information.
        dataset: the name of the training data. A folder's name ends in a slash, for example ``letters/``.
        accuracy: figures in 0..1 measured at the end of training on held-out digits.
        software: the versions of the packages that made the file.
        windows: how to read the output ``field``, or None if the file has no such output.
    """

    labels: tuple[str, ...]
    smallest: int = 14
    stride: int = 2
    receptive_field: int = 14
    threshold: float = 0.5
    polarity: Literal["light-on-dark"] = "light-on-dark"
    network: Mapping[str, Any] = dataclasses.field(default_factory=dict, repr=False)
    recipe: Mapping[str, Any] = dataclasses.field(default_factory=dict, repr=False)
    dataset: str = "unknown"
    accuracy: Mapping[str, float] = dataclasses.field(default_factory=dict, repr=False)
    software: Mapping[str, str] = dataclasses.field(default_factory=dict, repr=False)
    windows: Windows | None = None

    def to_metadata(self) -> dict[str, str]:
        """The metadata properties of the file: JSON values under keys that start with ``capsonnx.``.

        >>> Contract(labels=("0", "1")).to_metadata()["capsonnx.labels"]
        '["0", "1"]'
        """
        values: dict[str, Any] = {"format": FORMAT, **dataclasses.asdict(self)}
        if self.windows is None:
            del values["windows"]
        return to_metadata(values)

    @classmethod
    def from_metadata(cls, metadata: Mapping[str, str], *, name: str) -> Contract:
        """Read a contract from metadata properties.

        Args:
            metadata: the metadata properties of an ONNX file.
            name: the file's name, for error messages.

        Raises:
            ModelError: the file is a decoder, the format is newer than :data:`FORMAT`, or a key is missing, is not
                JSON, or has a value of the wrong type or out of range.

        >>> contract = Contract(labels=("cat", "dog"), threshold=0.4)
        >>> Contract.from_metadata(contract.to_metadata(), name="pets.onnx") == contract
        True
        """
        check_format(metadata, name)
        if PREFIX + "kind" in metadata:
            raise ModelError(
                f"{name}: a decoder, which reads nothing",
                expected="the file of a network",
                remedy="pass the network that it belongs to",
            )
        types = {"labels": list, "polarity": str, "dataset": str, "threshold": (int, float)}
        types |= dict.fromkeys(("smallest", "stride", "receptive_field"), int)
        types |= dict.fromkeys(("network", "recipe", "accuracy", "software"), dict)
        values = {key: value_of(metadata, key, kind, name) for key, kind in types.items()}
        labels = labels_of(values["labels"], name)
        for key in ("smallest", "stride", "receptive_field"):
            if values[key] < 1:
                raise malformed(name, key, "a whole number of pixels from 1")
        if not 0 <= values["threshold"] < 1:
            raise malformed(name, "threshold", "a number from 0 up to 1")
        if values["polarity"] != "light-on-dark":
            raise malformed(name, "polarity", "'light-on-dark'")
        fixed = {"labels": labels, "threshold": float(values["threshold"])}
        return cls(**{**values, **fixed, "windows": read_windows(metadata, name)})


@dataclass(frozen=True)
class DecoderContract:
    """The metadata of an exported decoder.

    Attributes:
        labels: the class names, in the order of the class axis of ``poses``.
        dimension: the length of the last axis of ``poses``.
        size: height and width in pixels of ``images``.
        poses_of: the SHA-256, in hexadecimal, of the file of the network whose ``poses`` it takes. The poses of another
            network mean something else, even if their shape is the same.
        software: the versions of the packages that made the file.
    """

    labels: tuple[str, ...]
    dimension: int
    size: tuple[int, int]
    poses_of: str
    software: Mapping[str, str] = dataclasses.field(default_factory=dict)

    def to_metadata(self) -> dict[str, str]:
        """The metadata properties of the file, in the form of :meth:`Contract.to_metadata`."""
        return to_metadata({"format": FORMAT, "kind": _DECODER, **dataclasses.asdict(self)})

    @classmethod
    def from_metadata(cls, metadata: Mapping[str, str], *, name: str) -> DecoderContract:
        """Read a contract from metadata properties.

        Args:
            metadata: the metadata properties of an ONNX file.
            name: the file's name, for error messages.

        Raises:
            ModelError: the file is not a decoder, or its metadata are malformed or in a newer format.

        >>> contract = DecoderContract(labels=("cat", "dog"), dimension=8, size=(28, 28), poses_of="0" * 64)
        >>> DecoderContract.from_metadata(contract.to_metadata(), name="pets.decoder.onnx") == contract
        True
        """
        if metadata.get(PREFIX + "kind") != json.dumps(_DECODER):
            raise ModelError(
                f"{name}: not a decoder",
                expected="a file made by 'capsonnx export --decoder'",
                remedy="pass another --decoder, or export one",
            )
        check_format(metadata, name)
        types = {"labels": list, "dimension": int, "size": list, "poses_of": str, "software": dict}
        values = {key: value_of(metadata, key, kind, name) for key, kind in types.items()}
        size = values["size"]
        if len(size) != 2 or not all(type(side) is int and side > 0 for side in size) or values["dimension"] < 1:
            raise malformed(name, "size or dimension", "a height and a width, and a dimension, in whole numbers from 1")
        return cls(**{**values, "labels": labels_of(values["labels"], name), "size": (size[0], size[1])})
