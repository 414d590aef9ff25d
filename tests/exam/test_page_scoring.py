from __future__ import annotations

import math
from fractions import Fraction
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capsonnx.exam import (
    Placed,
    character_error_rate,
    edit_distance,
    exact_strings,
    joined,
    match_symbols,
)
from capsonnx.symbols import Box, Symbol

if TYPE_CHECKING:
    import random

LABELS = ("a", "b")

texts = st.text("ab\n", max_size=7)
places = st.builds(Placed, st.integers(0, 1), st.integers(0, 40).map(float), st.integers(0, 40).map(float))


def symbol(placed: Placed) -> Symbol:
    return Symbol(LABELS[placed.target], 0.9, Box(placed.x - 14, placed.y - 14, placed.x + 14, placed.y + 14))


@given(texts, texts)
def test_the_edit_distance_is_0_between_equals_only_and_symmetric(one: str, other: str) -> None:
    distance = edit_distance(one, other)
    assert (distance == 0) == (one == other)
    assert distance == edit_distance(other, one) == edit_distance(one[::-1], other[::-1])
    assert abs(len(one) - len(other)) <= distance <= max(len(one), len(other))


@given(texts, texts, texts)
def test_no_way_round_is_shorter(one: str, middle: str, other: str) -> None:
    assert edit_distance(one, other) <= edit_distance(one, middle) + edit_distance(middle, other)


@given(texts, st.integers(0, 7), st.sampled_from("xyz"))
def test_one_edit_is_a_distance_of_one(text: str, place: int, letter: str) -> None:
    assert edit_distance(text, text[:place] + letter + text[place:]) == 1
    if place < len(text):
        assert edit_distance(text, text[:place] + text[place + 1 :]) == 1
        assert edit_distance(text, text[:place] + letter + text[place + 1 :]) == 1


@given(st.lists(st.text("ab", max_size=3), max_size=4))
def test_lines_are_joined_as_text_is(lines: list[str]) -> None:
    assert "".join(joined(lines)) == "\n".join(lines)


def test_a_label_of_several_letters_counts_once() -> None:
    found, truth = joined([["alpha", "beta"]]), joined([["alpha"], ["gamma"]])
    assert edit_distance(found, truth) == 2
    assert character_error_rate([found], [truth]) == pytest.approx(2 / 3)


@given(st.lists(st.tuples(texts, texts), min_size=1, max_size=5))
def test_errors_are_pooled_over_pages(pages: list[tuple[str, str]]) -> None:
    found, truth = zip(*pages, strict=True)
    assert exact_strings(found, truth) == sum(one == other for one, other in pages) / len(pages)
    assert exact_strings(found, [tuple(text) for text in truth]) == exact_strings(found, truth)
    length = sum(map(len, truth))
    expected = float(Fraction(sum(edit_distance(*page) for page in pages), length)) if length else None
    assert character_error_rate(found, truth) == expected


@given(st.lists(places, max_size=6), st.randoms(use_true_random=False))
def test_a_page_matches_itself_in_any_order(truth: list[Placed], source: random.Random) -> None:
    shuffled = source.sample(truth, len(truth))
    matches = match_symbols([symbol(placed) for placed in shuffled], truth, LABELS, within=7)
    assert [shuffled[here] for here, _ in matches] == [truth[there] for _, there in matches]
    assert len(matches) == len(truth)


@given(st.lists(places, max_size=6), st.lists(places, max_size=6), st.integers(0, 20))
def test_matches_are_of_one_label_and_near_and_none_is_left(
    found: list[Placed], truth: list[Placed], within: int
) -> None:
    matches = match_symbols([symbol(placed) for placed in found], truth, LABELS, within=within)
    heres, theres = {here for here, _ in matches}, {there for _, there in matches}
    assert len(heres) == len(theres) == len(matches)

    def fit(here: int, there: int) -> bool:
        one, other = found[here], truth[there]
        return one.target == other.target and math.dist(one[1:], other[1:]) <= within

    assert all(fit(*match) for match in matches)
    free = [(here, there) for here in range(len(found)) for there in range(len(truth))]
    assert not any(fit(*pair) for pair in free if pair[0] not in heres and pair[1] not in theres)


@pytest.mark.parametrize(("shift", "matched"), [(0, 1), (7, 1), (7.01, 0), (math.nan, 0)])
def test_seven_pixels_are_near(shift: float, matched: int) -> None:
    found = [symbol(Placed(0, 20 + shift, 20))]
    assert len(match_symbols(found, [Placed(0, 20, 20)], LABELS, within=7)) == matched


def test_the_nearer_of_two_is_the_match() -> None:
    truth = [Placed(0, 20, 20), Placed(0, 26, 20)]
    assert match_symbols([symbol(Placed(0, 24, 20)), symbol(Placed(0, 21, 20))], truth, LABELS, within=7) == [
        (1, 0),
        (0, 1),
    ]


def test_where_nothing_is_said_there_are_no_wrong_characters() -> None:
    assert character_error_rate(["12"], [""]) is None
