"""The metadata of exported files: JSON values under keys that begin with ``capsonnx.``, and their checks."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from capsonnx.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["FORMAT", "PREFIX", "check_format", "labels_of", "malformed", "to_metadata", "value_of"]

FORMAT = 1
"""The format version that this release writes, and the newest one that it reads."""

PREFIX = "capsonnx."


def to_metadata(values: Mapping[str, Any]) -> dict[str, str]:
    """Values as metadata properties.

    >>> to_metadata({"labels": ["0", "1"]})
    {'capsonnx.labels': '["0", "1"]'}
    """
    return {PREFIX + key: json.dumps(value, ensure_ascii=False, sort_keys=True) for key, value in values.items()}


def check_format(metadata: Mapping[str, str], name: str) -> None:
    """Refuse, by a ModelError, a format that this version does not know; ``name`` is the file's."""
    version = value_of(metadata, "format", int, name)
    if not 1 <= version <= FORMAT:
        raise ModelError(
            f"{name}: format {version}",
            expected=f"a format from 1 to {FORMAT}",
            remedy="upgrade capsonnx, or export the model again with this version",
        )


def labels_of(labels: list[Any], name: str) -> tuple[str, ...]:
    """Class names, checked to be distinct texts."""
    if not labels or not all(isinstance(label, str) for label in labels) or len(set(labels)) != len(labels):
        raise malformed(name, "labels", "a list of distinct class names")
    return tuple(labels)


def value_of(metadata: Mapping[str, str], key: str, kind: Any, name: str) -> Any:
    """The value of one metadata key, checked to be JSON of the given kind; a ModelError if it is not."""
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
    """The error of a key that does not hold what it should."""
    return ModelError(
        f"{name}: metadata key {PREFIX + key} is malformed",
        expected=expected,
        remedy="export the model again with 'capsonnx export'",
    )
