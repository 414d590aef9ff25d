from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from capsonnx.exam import PageExam, Placed
from capsonnx.exam.pages import transferred

EXAM = PageExam("one", np.full((2, 3, 4), 7, np.uint8), ((), ((Placed(1, 1.0, 2.0), Placed(2, 3.0, 2.0)),)), False)
lengths = st.floats(-1e3, 1e3)


@given(lengths, lengths)
def test_truth_is_scaled_before_it_is_moved(scale: float, offset: float) -> None:
    truth = transferred(EXAM.truth, scale, offset)
    assert truth == (
        (),
        ((Placed(1, scale + offset, 2 * scale + offset), Placed(2, 3 * scale + offset, 2 * scale + offset)),),
    )
