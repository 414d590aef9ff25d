from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from capsonnx.datasets import Dataset
from capsonnx.errors import InputError
from capsonnx.exam import EXAMS, Exam, build_exams

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    MakeDataset = Callable[[list[int]], Dataset]

GOLDEN = {
    "singles": "a0863a96c44e5666edbb30c4071ee79ca0514c621e6349c5967fc78e7305c891",
    "pairs-vertical": "9bad7e4288230f4b99358d854e55b9ec6426252b2cbd494527c163a37c9d9b36",
    "pairs-horizontal": "7c0c23569d901d36fdcb701cc1f2a918d6639702af90248aa29f64bfc36ff19e",
    "touching-4": "1dacce89f05e1f50ee6605a9b952c1d36e63080220dd9b327ae89a4f020a64a2",
    "touching-8": "ebd0ec29443fec405b2d42a67e174951cabadca285d2cc0eca2c47696da76268",
    "equal-vertical": "83845b5b671c831a394d92a131315488d26db1969338f6e1dd3c39e25516aeb7",
    "equal-horizontal": "a7cb255b091915db8abd396677ea6a13d81c1a49075b3b26bd5ec42444d12965",
    "padded-14": "90d0522aa3a1744d52206dbd321b788643a39c4b9260187316351a2459fc5b7c",
    "padded-42": "453d4ff5764b633324b9e6db853c82ae2b3c3bac9971e5bf5f576a292932f4ea",
    "padded-242": "cc12bfba0a4fd3fd471452e75c1654a265a4705d2e7357df160ca1e0ada9e4c7",
    "row-2": "8052db65c11f91acc054badd01bcfd0ae5507f11cfc74bd00a5516a98335f63e",
    "row-3": "85770c8d1c94f077952cb3638156ddfc4bb5d4ff179336f0e61c6555d7774242",
    "row-4": "f16bb0e9837fd1ecb827d381afe70393b0e1a71e927379334f1d998282ae7a6a",
    "row-5": "c87e080d410023c46eaebeb8d95f5b2774017b43fb6aa2dd767b75258347636a",
    "scattered-84-2": "eee2580d421ac2b1eb3888885d307e41625d18f8777f582dd9468c57f13716a0",
    "scattered-84-3": "9d1ce19cdd961c28ce6d123ad99d51e7f93c00e427342a609a06e4748cf08af1",
    "scattered-84-4": "33ddb3b4fc40ad3b17a7edc577552fad814a51db07c0c76c8cefe934ce4cd3f9",
    "scattered-160-2": "c5435a967c66982260db0fd0f85c4ee54849c5bdd8f80c28ab44517cc8c63f75",
    "scattered-160-3": "e6d4e7cd2bef14219a906ab8bfa62b21fdf1c80adfd337bd7c2fb3eaf6dbfd34",
    "scattered-160-4": "2cca672719422e9b1e43e68d6abda69ee7cfb8f55836af9ec88450ed062fe8cd",
    "empty-black": "bbbf3baab8a5dc22f0ccabe9c9e753a0ec5a58713d6eab66ea37813498a1625a",
    "empty-uniform": "0425cf4dea62a9e4f7013b7d6ea7d5050b1b91498a702c630ee0fccc510038f8",
    "empty-gaussian": "0c44b477ef63362d2e424f71abd5d51cebf4fa084c4499d9bfad7d769a46b0a6",
    "empty-salt": "aba71c7d7a62a7b890bd352b7906032292e72e2aa92bf1338dfc959f54859275",
}

SHAPES = {
    "singles": (10000, 28, 28),
    "pairs-vertical": (8954, 56, 28),
    "pairs-horizontal": (8954, 28, 56),
    "touching-4": (8954, 52, 28),
    "touching-8": (8954, 48, 28),
    "equal-vertical": (10000, 56, 28),
    "equal-horizontal": (10000, 28, 56),
    "padded-14": (10000, 56, 56),
    "padded-42": (10000, 112, 112),
    "padded-242": (200, 512, 512),
    "row-2": (10000, 28, 56),
    "row-3": (10000, 28, 84),
    "row-4": (10000, 28, 112),
    "row-5": (10000, 28, 140),
    "scattered-84-2": (2000, 84, 84),
    "scattered-84-3": (2000, 84, 84),
    "scattered-84-4": (2000, 84, 84),
    "scattered-160-2": (1000, 160, 160),
    "scattered-160-3": (1000, 160, 160),
    "scattered-160-4": (1000, 160, 160),
    "empty-black": (100, 84, 84),
    "empty-uniform": (1000, 84, 84),
    "empty-gaussian": (1000, 84, 84),
    "empty-salt": (1000, 84, 84),
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
    assert exam.images.shape == SHAPES[name]
    assert (exam.images.dtype, exam.targets.dtype) == (np.uint8, np.int64)
    assert len(exam) == len(exam.images) == len(exam.targets)
    # Different classes: a set of k.
    assert (np.diff(np.sort(exam.targets, axis=1), axis=1) > 0).all()


def test_the_catalogue_is_the_published_one() -> None:
    assert list(EXAMS) == list(GOLDEN)


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


@given(classes, seeds, st.integers(2, 5))
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


@pytest.mark.parametrize("closer", [4, 8])
def test_touching_pairs_are_the_vertical_ones_pushed_together(mnist: Dataset, closer: int) -> None:
    digits = mnist.take(np.arange(300))
    apart, touching = build_exams(digits, ["pairs-vertical", f"touching-{closer}"], seed=5)
    np.testing.assert_array_equal(apart.targets, touching.targets)
    upper, lower = apart.images[:, :28], apart.images[:, 28:]
    below = np.pad(lower, ((0, 0), (28 - closer, 0), (0, 0)))
    np.testing.assert_array_equal(touching.images, np.maximum(np.pad(upper, ((0, 0), (0, 28 - closer), (0, 0))), below))


@given(classes, seeds)
def test_equal_pairs_hold_every_digit_once_in_each_place(
    make_numbered: MakeDataset, targets: list[int], seed: int
) -> None:
    assume(len(set(targets)) < len(targets))
    dataset = make_numbered(targets)
    vertical, horizontal = build_exams(dataset, ["equal-vertical", "equal-horizontal"], seed=seed)
    chosen = numbers(vertical.images, axis=1, size=2)
    np.testing.assert_array_equal(chosen, numbers(horizontal.images, axis=2, size=3))
    assert vertical.targets.shape == horizontal.targets.shape == (len(chosen), 1)
    np.testing.assert_array_equal(dataset.targets[chosen], np.repeat(vertical.targets, 2, axis=1))
    assert (chosen[:, 0] != chosen[:, 1]).all()
    with_company = [number for number, target in enumerate(targets) if targets.count(target) > 1]
    assert chosen[:, 0].tolist() == sorted(chosen[:, 1].tolist()) == with_company


@pytest.mark.parametrize("side", [84, 160])
@pytest.mark.parametrize("digits", [2, 3, 4])
def test_scattered_digits_are_whole_and_apart(ten: Dataset, side: int, digits: int) -> None:
    [exam] = build_exams(ten, [f"scattered-{side}-{digits}"], seed=2)
    assert exam.images.shape == (10, side, side)
    assert exam.targets[:, 0].tolist() == ten.targets.tolist()
    for image, targets in zip(exam.images, exam.targets, strict=True):
        # Nothing overlaps or is cut off: the ink is that of all the digits.
        ink = np.concatenate([ten.images[target][ten.images[target] > 0] for target in targets])
        np.testing.assert_array_equal(np.sort(image[image > 0]), np.sort(ink))


def test_scattered_digits_are_anywhere(ten: Dataset) -> None:
    [exam] = build_exams(ten.take(np.arange(1000) % 10), ["scattered-84-2"])
    # The ink of an MNIST digit lies at least 4 px from its border.
    assert (exam.images.max(axis=0) > 0)[5:-5, 5:-5].mean() > 0.98


@pytest.mark.parametrize(("name", "count"), [("scattered-84-2", 2000), ("scattered-160-3", 1000), ("padded-242", 200)])
def test_exams_of_large_images_are_limited(mnist: Dataset, name: str, count: int) -> None:
    for digits, expected in ((30, 30), (2500, count)):
        [exam] = build_exams(mnist.take(np.arange(digits)), [name])
        assert len(exam) == expected


@pytest.mark.parametrize(
    "name", ["pairs-vertical", "pairs-horizontal", "row-2", "row-5", "scattered-84-2", "scattered-160-4"]
)
def test_one_class_makes_no_pairs_or_rows(make_numbered: MakeDataset, name: str) -> None:
    with pytest.raises(InputError, match="3 digits of 1 class; expected digits of more classes"):
        build_exams(make_numbered([4, 4, 4]), [name])


def test_exams_that_need_more_classes_are_left_out_unless_asked_for(make_numbered: MakeDataset) -> None:
    found = [exam.name for exam in build_exams(make_numbered([4, 4]))]
    assert found == [
        "singles",
        *("equal-vertical", "equal-horizontal"),
        *("padded-14", "padded-42", "padded-242"),
        *("empty-black", "empty-uniform", "empty-gaussian", "empty-salt"),
    ]


@pytest.mark.parametrize(
    ("size", "name", "message"),
    [
        ((3, 9), "touching-4", "digits of 3×9 px; expected more than 4 px of height for the exam touching-4"),
        ((28, 90), "scattered-84-2", "digits of 28×90 px; expected at most 84×84 px for the exam scattered-84-2"),
        ((60, 60), "scattered-84-3", "digits of 60×60 px; expected room for 3 of them on 84×84 px for the exam"),
    ],
)
def test_digits_that_do_not_fit_an_exam_say_why(size: tuple[int, int], name: str, message: str) -> None:
    images = np.full((4, *size), 255, dtype=np.uint8)
    dataset = Dataset("odd", tuple("0123"), images, np.arange(4))
    with pytest.raises(InputError, match=message):
        build_exams(dataset, [name])
    assert name not in [exam.name for exam in build_exams(dataset)]


def test_no_two_of_a_class_make_no_equal_pairs(make_numbered: MakeDataset) -> None:
    with pytest.raises(InputError, match="3 digits, no two of one class"):
        build_exams(make_numbered([1, 2, 3]), ["equal-vertical"])


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
