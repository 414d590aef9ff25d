from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from capsonnx.errors import InputError
from capsonnx.exam import EXAMS, Exam, build_exams

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from capsonnx.datasets import Dataset

    MakeDataset = Callable[[list[int]], Dataset]

GOLDEN = {
    "singles": "a0863a96c44e5666edbb30c4071ee79ca0514c621e6349c5967fc78e7305c891",
    "pairs-vertical": "9bad7e4288230f4b99358d854e55b9ec6426252b2cbd494527c163a37c9d9b36",
    "pairs-horizontal": "7c0c23569d901d36fdcb701cc1f2a918d6639702af90248aa29f64bfc36ff19e",
    "padded-14": "90d0522aa3a1744d52206dbd321b788643a39c4b9260187316351a2459fc5b7c",
    "padded-42": "453d4ff5764b633324b9e6db853c82ae2b3c3bac9971e5bf5f576a292932f4ea",
    "row-3": "85770c8d1c94f077952cb3638156ddfc4bb5d4ff179336f0e61c6555d7774242",
    "row-5": "c87e080d410023c46eaebeb8d95f5b2774017b43fb6aa2dd767b75258347636a",
}

SHAPES = {
    "singles": (28, 28),
    "pairs-vertical": (56, 28),
    "pairs-horizontal": (28, 56),
    "padded-14": (56, 56),
    "padded-42": (112, 112),
    "row-3": (28, 84),
    "row-5": (28, 140),
}

classes = st.lists(st.integers(0, 9), min_size=1, max_size=40)
seeds = st.integers(0, 2**64)


def digest(exam: Exam) -> str:
    content = hashlib.sha256(np.ascontiguousarray(exam.images))
    content.update(exam.targets.astype("<i8").tobytes())
    return content.hexdigest()


def numbers(images: NDArray[np.uint8], axis: int, size: int) -> NDArray[np.int64]:
    """(count, k) int64: which digits of the numbered data set stand along an axis, each ``size`` pixels long."""
    lines = images.max(axis=3 - axis)
    return lines[:, ::size].astype(np.int64) - 1


@pytest.mark.parametrize("name", EXAMS)
def test_the_exams_of_seed_0_are_the_published_ones(mnist: Dataset, name: str) -> None:
    [exam] = build_exams(mnist, [name])
    assert digest(exam) == GOLDEN[name]
    assert exam.name == name
    assert exam.images.shape[1:] == SHAPES[name]
    assert (exam.images.dtype, exam.targets.dtype) == (np.uint8, np.int64)
    assert len(exam) == len(exam.images) == len(exam.targets)
    assert len(exam) == len(mnist) or name.startswith("pairs-")


@given(classes, seeds)
def test_pairs_are_two_layouts_of_the_same_different_digits(
    make_numbered: MakeDataset, targets: list[int], seed: int
) -> None:
    dataset = make_numbered(targets)
    exams = build_exams(dataset, seed=seed)
    pairs = {exam.name: exam for exam in exams if exam.name.startswith("pairs-")}
    assume(pairs)
    vertical, horizontal = pairs["pairs-vertical"], pairs["pairs-horizontal"]
    np.testing.assert_array_equal(vertical.targets, horizontal.targets)
    assert (vertical.targets[:, 0] != vertical.targets[:, 1]).all()
    chosen = numbers(vertical.images, axis=1, size=2)
    np.testing.assert_array_equal(chosen, numbers(horizontal.images, axis=2, size=3))
    np.testing.assert_array_equal(dataset.targets[chosen], vertical.targets)
    # Each digit comes at most once in each place: the lower ones are a permutation of the upper ones.
    assert all(len(np.unique(place)) == len(place) for place in chosen.T)


@given(classes, seeds, st.sampled_from([3, 5]))
def test_a_row_holds_different_classes_and_begins_with_each_digit_in_turn(
    make_numbered: MakeDataset, targets: list[int], seed: int, digits: int
) -> None:
    assume(len(set(targets)) >= digits)
    dataset = make_numbered(targets)
    [exam] = build_exams(dataset, [f"row-{digits}"], seed=seed)
    assert all(len(set(row)) == digits for row in exam.targets.tolist())
    chosen = numbers(exam.images, axis=2, size=3)
    np.testing.assert_array_equal(chosen[:, 0], np.arange(len(targets)))
    np.testing.assert_array_equal(dataset.targets[chosen], exam.targets)


def test_every_digit_of_a_free_class_is_as_likely(make_numbered: MakeDataset) -> None:
    dataset = make_numbered([7, 3, 3, 5, 0, 0, 0, 0])
    counts = np.zeros(8, dtype=np.int64)
    for seed in range(2000):
        [exam] = build_exams(dataset, ["row-3"], seed=seed)
        counts[numbers(exam.images, axis=2, size=3)[0, 1]] += 1
    assert counts[0] == 0
    # 2000 draws among seven digits: about 286 each, with a deviation of about 16.
    assert ((counts[1:] > 220) & (counts[1:] < 350)).all()


def test_the_seed_decides_and_exams_do_not_disturb_each_other(make_numbered: MakeDataset) -> None:
    dataset = make_numbered(list(range(10)) * 3)
    alone, again, other = (build_exams(dataset, ["row-3"], seed=seed)[0] for seed in (1, 1, 2))
    [among] = [exam for exam in build_exams(dataset, seed=1) if exam.name == "row-3"]
    assert digest(alone) == digest(again) == digest(among) != digest(other)


def test_each_name_is_built_once_and_in_the_order_asked_for(make_numbered: MakeDataset) -> None:
    exams = build_exams(make_numbered([0, 1, 2]), ["row-3", "singles", "row-3"])
    assert [exam.name for exam in exams] == ["row-3", "singles"]


@pytest.mark.parametrize("name", ["pairs-vertical", "pairs-horizontal", "row-3", "row-5"])
def test_one_class_makes_no_pairs_or_rows(make_numbered: MakeDataset, name: str) -> None:
    with pytest.raises(InputError, match="3 digits of 1 class; expected digits of more classes"):
        build_exams(make_numbered([4, 4, 4]), [name])


def test_exams_that_need_more_classes_are_left_out_unless_asked_for(make_numbered: MakeDataset) -> None:
    assert [exam.name for exam in build_exams(make_numbered([4, 4]))] == ["singles", "padded-14", "padded-42"]


@pytest.mark.parametrize(
    ("targets", "names", "seed", "message"),
    [
        ([1], ["single"], 0, "one of singles, pairs-vertical"),
        ([1], ["singles"], -1, "a whole number from 0"),
        ([], None, 0, "no digits"),
    ],
)
def test_what_cannot_be_built_says_why(
    make_numbered: MakeDataset, targets: list[int], names: list[str] | None, seed: int, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        build_exams(make_numbered(targets), names, seed=seed)
