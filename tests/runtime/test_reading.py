from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capsonnx.contract import Contract
from capsonnx.runtime import Found, Reading, read_scores
from capsonnx.runtime.reading import in_lines
from capsonnx.symbols import Box, Symbol

CONTRACT = Contract(labels=("a", "b", "c"), threshold=0.5)


def test_the_threshold_itself_is_not_above_it():
    reading = read_scores([0.5, 0.75, 0.625], CONTRACT, size=(14, 20))
    assert reading == Reading(14, 20, (Found("b", 0.75), Found("c", 0.625)), {"a": 0.5, "b": 0.75, "c": 0.625})
    assert reading.labels == ("b", "c")


def test_a_threshold_of_ones_own():
    assert read_scores([0.5, 0.75, 0.0], CONTRACT, size=(1, 1), threshold=0).labels == ("b", "a")
    assert read_scores([0.5, 0.75, 0.0], CONTRACT, size=(1, 1), threshold=1).labels == ()


def test_a_class_is_in_the_image_if_it_was_read_there_whatever_its_score():
    lines = ((symbol("a", 10, 10), symbol("c", 30, 10)), (symbol("a", 10, 40),))
    reading = read_scores([0.25, 0.75, 0.5], CONTRACT, size=(60, 40), lines=lines)
    assert reading.found == (Found("c", 0.5), Found("a", 0.25))
    assert set(reading.labels) == {one.label for one in reading.symbols}
    assert read_scores([0.25, 0.75, 0.5], CONTRACT, size=(60, 40), lines=()).found == ()


def test_a_threshold_asks_the_scores_even_where_symbols_were_read():
    lines = ((symbol("a", 10, 10),),)
    assert read_scores([0.25, 0.75, 0.5], CONTRACT, size=(60, 40), lines=lines, threshold=0.4).labels == ("b", "c")


def test_scores_for_other_labels_are_a_mistake():
    with pytest.raises(ValueError, match="shorter"):
        read_scores([0.5], CONTRACT, size=(1, 1))


@given(st.tuples(*[st.floats(0, 1)] * 3), st.floats(0, 1))
def test_found_is_sorted_and_above(scores, threshold):
    reading = read_scores(scores, CONTRACT, size=(1, 1), threshold=threshold)
    found = [one.score for one in reading.found]
    assert found == sorted((score for score in scores if score > threshold), reverse=True)
    assert tuple(reading.scores.values()) == scores


def symbol(label, x, y):
    return Symbol(label, 0.9, Box(x - 10, y - 10, x + 10, y + 10))


def labels(lines):
    return [" ".join(one.label for one in line) for line in lines]


PAGES = {
    "vertical": ("1/2/3", [("1", 50, 20), ("2", 51, 48), ("3", 49, 76)]),
    "sloping": ("1 2 3 4 5/6", [(str(n), 28 * n, 10 * n) for n in range(1, 6)] + [("6", 28, 70)]),
    "jittered": (
        "1 2 3/4 5 6",
        [("1", 20, 22), ("2", 45, 18), ("3", 73, 23), ("4", 26, 57), ("5", 51, 63), ("6", 70, 58)],
    ),
}


@pytest.mark.parametrize("name", PAGES)
@given(data=st.data())
def test_lines_whatever_the_order_of_the_symbols(name, data):
    text, places = PAGES[name]
    shuffled = data.draw(st.permutations([symbol(*place) for place in places]))
    assert "/".join(labels(in_lines(shuffled, height=28))) == text


def test_no_symbols_no_lines():
    assert in_lines([], height=28) == ()


def reading_of(*lines, labels="123"):
    here = Box(0, 0, 20, 20)
    scores = dict.fromkeys(labels, 0.5)
    return Reading(28, 28, (), scores, tuple(tuple(Symbol(label, 0.9, here) for label in line) for line in lines))


def test_text_is_the_labels_line_by_line():
    reading = reading_of("12", "3")
    assert reading.text == "12\n3"
    assert [one.label for one in reading.symbols] == ["1", "2", "3"]


def test_labels_are_set_apart_where_any_of_the_model_is_long():
    labels = ["cat", "dog", "x"]
    assert reading_of(["cat", "x"], ["dog"], labels=labels).text == "cat x\ndog"
    assert reading_of(["x", "x"], labels=labels).text == "x x"


def test_a_blank_page_says_nothing_and_one_that_was_not_located_is_not_known():
    assert reading_of().text == ""
    assert Reading(28, 28, (), {}).text is None
