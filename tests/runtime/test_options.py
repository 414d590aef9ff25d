from __future__ import annotations

import inspect
import math
from dataclasses import fields

import pytest

import capsonnx
from capsonnx.errors import InputError
from capsonnx.runtime import ReadingOptions


@pytest.mark.parametrize("threshold", [-0.1, 50, math.nan])
def test_a_threshold_that_is_no_score_is_refused(threshold):
    with pytest.raises(InputError, match=r"threshold .*; expected a number in 0\.\.1"):
        ReadingOptions(threshold=threshold)


def test_load_takes_every_option_with_the_same_default():
    taken = inspect.signature(capsonnx.load).parameters
    assert {field.name: field.default for field in fields(ReadingOptions)} == {
        field.name: taken[field.name].default for field in fields(ReadingOptions)
    }
