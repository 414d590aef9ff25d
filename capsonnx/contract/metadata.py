"""The metadata of exported files: JSON values under keys that start with ``capsonnx.``, and their checks."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from capsonnx.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["FORMAT", "PREFIX", "check_format", "labels_of", "malformed", "to_metadata", "value_of"]

FORMAT = 1
"""The format version that this release writes, and the newest that it reads."""

PREFIX = "capsonnx."


def to_metadata(values: Mapping[str, Any]) -> dict[str, str]:
    """Encode values as metadata properties.

    >>> to_metadata({"labels": ["0", "1"]})
    {'capsonnx.labels': '["0", "1"]'}
    """
    return {PREFIX + key: json.dumps(value, ensure_ascii=False, sort_keys=True) for key, value in values.items()}


def check_format(metadata: Mapping[str, str], name: str) -> None:
    """Check that this version knows the format of the file ``name``; raise a ModelError if not."""
    version = value_of(metadata, "format", int, name)
    if not 1 <= version <= FORMAT:
        raise ModelError(
            f"{name}: format {version}",
            expected=f"a format from 1 to {FORMAT}",
            remedy="upgrade capsonnx, or export the model again with this version",
        )


def labels_of(labels: list[Any], name: str) -> tuple[str, ...]:
    """The class names as a tuple; a ModelError if they are not distinct strings."""
    if not labels or not all(isinstance(label, str) for label in labels) or len(set(labels)) != len(labels):
        raise malformed(name, "labels", "a list of distinct class names")
    return tuple(labels)


def value_of(metadata: Mapping[str, str], key: str, kind: Any, name: str) -> Any:
    """The value of one metadata key; a ModelError if it is missing or not a JSON value of type ``kind``."""
    text = metadata.get(PREFIX + key)
    if text is None:
        raise ModelError(
            f"{name}: no metadata key {PREFIX + key}",
            expected="a file made by 'capsonnx export'",
            remedy="export the checkpoint with 'capsonnx export', or pass another --model",
        )
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = None
    if isinstance(value, bool) or not isinstance(value, kind):
        raise malformed(name, key, "a JSON value of the documented type")
    return value


def malformed(name: str, key: str, expected: str) -> ModelError:
    """The error for a key whose value is not what it should be."""
    return ModelError(
        f"{name}: metadata key {PREFIX + key} is malformed",
        expected=expected,
        remedy="export the model again with 'capsonnx export'",
    )
