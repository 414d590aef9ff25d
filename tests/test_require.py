"""What options must be."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pytest

from capsonnx.errors import InputError
from capsonnx.require import require_choice, require_count


@pytest.mark.parametrize("value", [None, 1, 1_000_000, np.uint8(7)])
def test_what_counts_passes(value) -> None:
    require_count("workers", value)


@pytest.mark.parametrize("value", [0, -1, 2.0, "3", True, float("nan"), 10**30])
def test_what_does_not_count_is_refused(value) -> None:
    with pytest.raises(InputError) as caught:
        require_count("workers", value)
    assert str(caught.value) == f"workers {value!r}; expected a whole number from 1 to 1,000,000; pass one as workers"


def test_the_least_may_be_none_at_all() -> None:
    require_count("seed", 0, least=0)


def test_a_choice_is_one_of_its_values() -> None:
    require_choice("mode", "on", Literal["on", "off"])
    for value in ("On", None, 1):
        with pytest.raises(InputError, match=r"^mode .*; expected one of on, off; pass one of these$"):
            require_choice("mode", value, Literal["on", "off"])
