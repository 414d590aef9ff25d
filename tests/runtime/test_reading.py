from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capsonnx.contract import Contract
from capsonnx.runtime import Found, Reading, read_scores

CONTRACT = Contract(labels=("a", "b", "c"), threshold=0.5)


def test_the_threshold_itself_is_not_above_it():
    reading = read_scores([0.5, 0.75, 0.625], CONTRACT, size=(14, 20))
    assert reading == Reading(14, 20, (Found("b", 0.75), Found("c", 0.625)), {"a": 0.5, "b": 0.75, "c": 0.625})
    assert reading.labels == ("b", "c")


def test_a_threshold_of_ones_own():
    assert read_scores([0.5, 0.75, 0.0], CONTRACT, size=(1, 1), threshold=0).labels == ("b", "a")
    assert read_scores([0.5, 0.75, 0.0], CONTRACT, size=(1, 1), threshold=1).labels == ()


def test_scores_for_other_labels_are_a_mistake():
    with pytest.raises(ValueError, match="shorter"):
        read_scores([0.5], CONTRACT, size=(1, 1))


@given(st.tuples(*[st.floats(0, 1)] * 3), st.floats(0, 1))
def test_found_is_sorted_and_above(scores, threshold):
    reading = read_scores(scores, CONTRACT, size=(1, 1), threshold=threshold)
    found = [one.score for one in reading.found]
    assert found == sorted((score for score in scores if score > threshold), reverse=True)
    assert tuple(reading.scores.values()) == scores
