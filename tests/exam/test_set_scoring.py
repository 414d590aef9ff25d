from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from capsonnx.exam import confident_right, exact_right, read_right, top_right

if TYPE_CHECKING:
    from numpy.typing import NDArray

CLASSES = 6


@st.composite
def answers(draw: st.DrawFn, *, unique: bool = False) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Lengths (count, 6), and targets (count, k) of k different classes."""
    count, digits = draw(st.integers(1, 8)), draw(st.integers(1, CLASSES))
    generator = np.random.default_rng(draw(st.integers(0, 2**32)))
    # Few different values make ties and values at the threshold likely; many make them impossible.
    steps = 1 << 20 if unique else 4
    lengths = np.stack([generator.choice(steps + 1, CLASSES, replace=not unique) for _ in range(count)]) / steps
    targets = np.stack([generator.permutation(CLASSES)[:digits] for _ in range(count)])
    return lengths.astype(np.float32), targets


def perfect(targets: NDArray[np.int64], score: float) -> NDArray[np.float32]:
    lengths = np.zeros((len(targets), CLASSES), dtype=np.float32)
    np.put_along_axis(lengths, targets, np.float32(score), axis=1)
    return lengths


@given(answers(), st.floats(0, 1))
def test_each_measure_is_stricter_than_the_one_before(
    answer: tuple[NDArray[np.float32], NDArray[np.int64]], threshold: float
) -> None:
    top, confident, exact = (
        top_right(*answer),
        confident_right(*answer, threshold),
        exact_right(*answer, threshold),
    )
    assert (confident <= top).all()
    assert (exact <= confident).all()


@given(answers(), st.floats(0, 1))
def test_confidence_is_as_the_source_has_it(
    answer: tuple[NDArray[np.float32], NDArray[np.int64]], threshold: float
) -> None:
    lengths, targets = answer
    lowest_of_highest = np.sort(lengths.astype(np.float64), axis=1)[:, -targets.shape[1]]
    expected = top_right(lengths, targets) & (lowest_of_highest > threshold)
    np.testing.assert_array_equal(confident_right(lengths, targets, threshold), expected)


@given(answers(unique=True), st.permutations(range(CLASSES)))
def test_the_order_of_classes_does_not_matter(
    answer: tuple[NDArray[np.float32], NDArray[np.int64]], order: list[int]
) -> None:
    lengths, targets = answer
    renumbered = lengths[:, order], np.argsort(order)[targets]
    for measure in (top_right, confident_right, exact_right):
        np.testing.assert_array_equal(measure(*renumbered), measure(*answer))


@given(answers(), st.randoms(use_true_random=False))
def test_the_order_within_targets_does_not_matter(
    answer: tuple[NDArray[np.float32], NDArray[np.int64]], random: st.Random
) -> None:
    lengths, targets = answer
    order = random.sample(range(targets.shape[1]), targets.shape[1])
    for measure in (top_right, confident_right, exact_right):
        np.testing.assert_array_equal(measure(lengths, targets[:, order]), measure(lengths, targets))


@given(answers())
def test_perfect_lengths_are_right_by_every_measure(answer: tuple[NDArray[np.float32], NDArray[np.int64]]) -> None:
    _, targets = answer
    for measure in (top_right, confident_right, exact_right):
        assert measure(perfect(targets, 1.0), targets).all()


@given(answers(), st.floats(0.125, 1, width=32))
def test_lengths_at_the_threshold_or_just_below_are_not_above_it(
    answer: tuple[NDArray[np.float32], NDArray[np.int64]], threshold: float
) -> None:
    _, targets = answer
    for score in (threshold, float(np.nextafter(np.float32(threshold), np.float32(0)))):
        lengths = perfect(targets, score)
        assert top_right(lengths, targets).all()
        assert not confident_right(lengths, targets, threshold).any()
        assert not exact_right(lengths, targets, threshold).any()


def test_the_threshold_is_not_rounded_to_float32() -> None:
    lengths = np.array([[0.3, 0.0]], dtype=np.float32)  # a little more than 0.3
    assert exact_right(lengths, np.array([[0]]), 0.3).all()


def test_of_equal_lengths_the_higher_class_counts_as_higher() -> None:
    lengths = np.full((1, 40), 0.5, dtype=np.float32)
    assert top_right(lengths, np.array([[38, 39]])).all()
    assert not top_right(lengths, np.array([[0, 39]])).any()


def test_one_class_too_many_is_confident_but_not_exact() -> None:
    lengths, targets = np.array([[0.9, 0.8, 0.7]], dtype=np.float32), np.array([[0, 1]])
    assert confident_right(lengths, targets).all()
    assert not exact_right(lengths, targets).any()


@given(st.floats(0, 1))
def test_nothing_is_exact_where_nothing_is_above(threshold: float) -> None:
    lengths = np.array([[0.0, 0.25], [0.75, 0.125]], dtype=np.float32)
    silent = exact_right(lengths, np.zeros((2, 0), dtype=np.int64), threshold)
    assert silent.tolist() == [threshold >= 0.25, threshold >= 0.75]


@given(answers(), st.data())
def test_one_class_more_or_fewer_is_not_what_was_to_be_read(
    answer: tuple[NDArray[np.float32], NDArray[np.int64]], data: st.DataObject
) -> None:
    _, targets = answer
    read = perfect(targets, 1.0) > 0
    assert read_right(read, targets).all()
    image, label = data.draw(st.integers(0, len(targets) - 1)), data.draw(st.integers(0, CLASSES - 1))
    read[image, label] ^= True
    assert read_right(read, targets).tolist() == [number != image for number in range(len(targets))]
