"""One family of errors, each one line with problem, expectation and remedy."""

from __future__ import annotations

import pytest

from capsonnx import errors

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
