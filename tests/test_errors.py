"""One family of errors, each one line with problem, expectation and remedy."""

from __future__ import annotations

import copy
import pickle

import pytest

from capsonnx import errors
from capsonnx.errors import InputError, MissingExtraError

FAMILY = [getattr(errors, name) for name in errors.__all__]


@pytest.mark.parametrize("kind", [kind for kind in FAMILY if kind is not errors.MissingExtraError])
def test_every_message_has_three_parts_on_one_line(kind) -> None:
    error = kind("file\n  x", expected="something else", remedy="look there")
    assert isinstance(error, errors.CapsonnxError)
    assert str(error) == "file x; expected something else; look there"


def test_a_missing_extra_names_the_command_that_brings_it() -> None:
    error = errors.MissingExtraError("capsonnx train", extra="train", package="torch")
    assert "pip install '.[train]'" in str(error)


def test_exit_codes_tell_wrong_usage_from_failure() -> None:
    usage = {errors.InputError, errors.MissingExtraError}
    assert {kind for kind in FAMILY if kind.exit_code == 2} == usage
    assert {kind.exit_code for kind in FAMILY} == {1, 2}


@pytest.mark.parametrize(
    "error",
    [
        InputError("a  b/: no such folder", expected="a folder", remedy="check it"),
        MissingExtraError("capsonnx train", extra="train", package="torch"),
    ],
)
def test_errors_are_copied_and_sent_to_other_processes(error):
    error.add_note("in a worker")
    for again in (pickle.loads(pickle.dumps(error)), copy.copy(error)):  # noqa: S301 - our own
        assert type(again) is type(error)
        assert str(again) == str(error)
        assert again.__notes__ == ["in a worker"]


def test_paths_stay_as_they_are():
    error = InputError("my  scan.png:\n  no image", expected="an image", remedy="pass one")
    assert str(error) == "my  scan.png: no image; expected an image; pass one"
