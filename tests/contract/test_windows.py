"""The windows in a file's metadata: a malformed part, or a missing one, is refused."""

from __future__ import annotations

import dataclasses
import json

import pytest

from capsonnx.contract import Contract, Windows
from capsonnx.errors import ModelError

PLAIN = Contract(labels=("0", "1"))
WINDOWS = Windows((6.0, 7.0), 2, (28, 22), 0.5, (20.0, 12.0), silent_black=True)


@pytest.mark.parametrize(
    "change",
    [
        {"origin": [6]},
        {"origin": [1e6, 1e6]},
        {"size": [3000, 3000]},
        {"origin": "67"},
        {"stride": 0},
        {"size": [28, 0]},
        {"threshold": 1},
        {"threshold": None},
        {"apart": [20, -1]},
        {"touching": [20, 200]},
        {"touching": 8},
        {"sure": 1.5},
        {"stride": 2.5},
        {"stride": 10**400},
        {"size": [float("inf"), 28]},
        {"origin": [10**400, 1]},
        {"stride": True},
        {"silent_black": "no"},
        {"origin": [float("nan"), 11.0]},
        {"symbol": float("inf")},
        {"widest": 0.0},
        {"widest": "wide"},
    ],
)
def test_malformed_windows_are_refused(change: dict) -> None:
    metadata = dataclasses.replace(PLAIN, windows=WINDOWS).to_metadata()
    values = json.loads(metadata["capsonnx.windows"]) | change
    with pytest.raises(ModelError, match="windows"):
        Contract.from_metadata(metadata | {"capsonnx.windows": json.dumps(values)}, name="m.onnx")


def test_a_key_of_a_later_version_says_nothing() -> None:
    contract = dataclasses.replace(PLAIN, windows=WINDOWS)
    metadata = contract.to_metadata()
    later = json.loads(metadata["capsonnx.windows"]) | {"colour": "red"}
    changed = metadata | {"capsonnx.windows": json.dumps(later), "capsonnx.colour": '"red"'}
    assert Contract.from_metadata(changed, name="m.onnx") == contract


def test_a_missing_part_of_the_windows_is_refused() -> None:
    metadata = dataclasses.replace(PLAIN, windows=WINDOWS).to_metadata()
    windows = json.loads(metadata["capsonnx.windows"])
    for key in windows.keys() - {"symbol", "widest", "touching", "sure"}:  # which came later, and have defaults
        rest = {name: value for name, value in windows.items() if name != key}
        with pytest.raises(ModelError, match="windows"):
            Contract.from_metadata(metadata | {"capsonnx.windows": json.dumps(rest)}, name="m.onnx")
