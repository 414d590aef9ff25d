from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from capsonnx.errors import InputError
from capsonnx.exam import PageExam, Placed, altered
from capsonnx.exam.pages import transferred

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

EXAM = PageExam("one", np.full((2, 3, 4), 7, np.uint8), ((), ((Placed(1, 1.0, 2.0), Placed(2, 3.0, 2.0)),)), False)
lengths = st.floats(-1e3, 1e3)


def test_an_altered_exam_differs_in_name_and_pixels_only() -> None:
    exam = altered(EXAM, "other", lambda images: images + np.uint8(1))
    assert (exam.name, exam.truth, exam.ordered, len(exam)) == ("other", EXAM.truth, False, 2)
    assert (exam.images == 8).all()
    assert (EXAM.images == 7).all()


@pytest.mark.parametrize("function", [lambda images: images[:, 1:], lambda images: images / 255])
def test_a_function_that_changes_size_or_type_alters_no_exam(
    function: Callable[[NDArray[np.uint8]], NDArray[np.uint8]],
) -> None:
    with pytest.raises(InputError, match=r"exam 'other': images of .* expected shape \(2, 3, 4\) and type uint8"):
        altered(EXAM, "other", function)


@given(lengths, lengths)
def test_truth_is_scaled_before_it_is_moved(scale: float, offset: float) -> None:
    truth = transferred(EXAM.truth, scale, offset)
    assert truth == (
        (),
        ((Placed(1, scale + offset, 2 * scale + offset), Placed(2, 3 * scale + offset, 2 * scale + offset)),),
    )
