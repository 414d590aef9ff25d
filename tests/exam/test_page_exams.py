from __future__ import annotations

import zlib
from itertools import combinations, pairwise
from typing import TYPE_CHECKING

import numpy as np
import pytest

from capsonnx.datasets import Dataset
from capsonnx.errors import InputError
from capsonnx.exam import PAGE_EXAMS, PageExam, build_exams, build_page_exams
from capsonnx.exam.compose import ink_spans
from capsonnx.exam.resample import scaled

if TYPE_CHECKING:
    from numpy.typing import NDArray

GOLDEN = {
    "strings-1": ((2000, 28, 28), 2138812466),
    "strings-2": ((2000, 28, 56), 4132808301),
    "strings-3": ((2000, 28, 84), 243688576),
    "strings-4": ((2000, 28, 112), 3710928978),
    "strings-5": ((2000, 28, 140), 3453768969),
    "strings-6": ((2000, 28, 168), 2492753248),
    "strings-7": ((2000, 28, 196), 3983008133),
    "strings-8": ((2000, 28, 224), 901181833),
    "strings-9": ((2000, 28, 252), 2083040069),
    "strings-10": ((2000, 28, 280), 3972583547),
    "spacing--4": ((1000, 36, 92), 1310857597),
    "spacing-0": ((1000, 36, 108), 2694846646),
    "spacing-4": ((1000, 36, 124), 3243049888),
    "spacing-8": ((1000, 36, 140), 3724385193),
    "spacing-12": ((1000, 36, 156), 2548668737),
    "spacing-16": ((1000, 36, 172), 4049255753),
    "spacing-20": ((1000, 36, 188), 1089393342),
    "vertical-5": ((1000, 140, 28), 1157037161),
    "lines-3": ((1000, 114, 224), 2194222102),
    "scattered-160": ((1000, 160, 160), 641273320),
    "scattered-512": ((200, 512, 512), 2204736454),
    "scaled-0.7": ((1000, 20, 98), 4170939346),
    "scaled-0.85": ((1000, 24, 119), 3399889421),
    "scaled-1.2": ((1000, 34, 168), 2829177815),
    "scaled-1.5": ((1000, 42, 210), 784248649),
    "degraded-5": ((1000, 56, 168), 889115517),
    "ruled-5": ((1000, 56, 168), 1114191698),
    "ruled-degraded-5": ((1000, 56, 168), 889115517),
    "shadowed-5": ((1000, 56, 168), 889115517),
    "photo-5": ((200, 358, 638), 4109531860),
    "blank": ((100, 256, 256), 3140759176),
    "clutter": ((100, 256, 256), 798832684),
}
"""Pages, their height and width, and a CRC-32 of all pixels and of what is where; but see the test below."""

ALTERED = ("scaled", "degraded", "ruled", "shadowed", "photo", "clutter")
PASTED = [name for name in PAGE_EXAMS if name.partition("-")[0] not in ALTERED]
SPACED = [name for name in PAGE_EXAMS if name.startswith("spacing-")]


def crc(exam: PageExam) -> int:
    """Of the pixels and the truth; of the truth alone where the pixels go through libjpeg."""
    pixels = (
        b"" if "degraded" in exam.name or exam.name in ("photo-5", "shadowed-5") else np.ascontiguousarray(exam.images)
    )
    return zlib.crc32(repr(exam.truth).encode(), zlib.crc32(pixels))


def built(dataset: Dataset, name: str, seed: int = 0) -> PageExam:
    [exam] = build_page_exams(dataset, [name], seed=seed)
    return exam


def repainted(exam: PageExam, digits: Dataset) -> NDArray[np.uint8]:
    """The pages, made of nothing but the truth, where the class says which digit it is."""
    pages = np.pad(exam.images * np.uint8(0), ((0, 0), (28, 28), (28, 28)))
    for page, lines in zip(pages, exam.truth, strict=True):
        for target, x, y in (placed for line in lines for placed in line):
            left, top = int(x - 14) + 28, int(y - 14) + 28
            cell = page[top : top + 28, left : left + 28]
            np.maximum(cell, digits.images[target], out=cell)
    assert not pages[:, :28].any()
    assert not pages[:, :, :28].any()
    return pages[:, 28:-28, 28:-28]


def ink_boxes(exam: PageExam, digits: Dataset) -> list[list[tuple[float, float, float, float]]]:
    """Left, right, top and bottom of the ink on each page, from the truth."""
    across, down = ink_spans(digits.images, 2).tolist(), ink_spans(digits.images, 1).tolist()
    return [
        [
            (x - 14 + across[target][0], x - 14 + across[target][1], y - 14 + down[target][0], y - 14 + down[target][1])
            for line in page
            for target, x, y in line
        ]
        for page in exam.truth
    ]


@pytest.mark.parametrize("name", PAGE_EXAMS)
def test_the_pages_of_seed_0_are_the_published_ones(mnist: Dataset, name: str) -> None:
    exam = built(mnist, name)
    assert (exam.images.shape, crc(exam)) == GOLDEN[name]
    assert exam.name == name
    assert exam.images.dtype == np.uint8
    assert len(exam) == len(exam.images)
    assert exam.ordered != name.startswith("scattered-")
    # Plain numbers, whose repr does not change with numpy.
    assert {type(value) for page in exam.truth for line in page for placed in line for value in placed} <= {int, float}


def test_the_catalogue_is_the_published_one() -> None:
    assert list(PAGE_EXAMS) == list(GOLDEN)


@pytest.mark.parametrize("name", PASTED)
def test_every_pixel_follows_from_the_truth(ten: Dataset, name: str) -> None:
    exam = built(ten, name)
    np.testing.assert_array_equal(exam.images, repainted(exam, ten))


@pytest.mark.parametrize("name", [name for name in PAGE_EXAMS if name != "blank"])
def test_the_seed_decides(ten: Dataset, name: str) -> None:
    alone, again, other = (built(ten, name, seed) for seed in (3, 3, 4))
    np.testing.assert_array_equal(alone.images, again.images)
    assert alone.truth == again.truth
    # One digit alone on each page leaves no choice.
    assert (alone.images != other.images).any() == (name != "strings-1")


@pytest.mark.parametrize("digits", range(1, 11))
def test_page_i_of_strings_begins_with_digit_i(ten: Dataset, digits: int) -> None:
    exam = built(ten, f"strings-{digits}")
    assert all(len(line) == digits for page in exam.truth for line in page)
    np.testing.assert_array_equal(exam.images[:, :, :28], ten.images)


def test_five_digits_are_the_same_in_every_layout(ten: Dataset) -> None:
    strings = built(ten, "strings-5")
    expected = [[placed.target for placed in page[0]] for page in strings.truth]
    for name in [*SPACED, "vertical-5", "scaled-0.7", "scaled-1.5", "degraded-5", "ruled-5"]:
        exam = built(ten, name)
        assert [[placed.target for line in page for placed in line] for page in exam.truth] == expected


@pytest.mark.parametrize("name", SPACED)
def test_gaps_are_what_the_name_says(ten: Dataset, name: str) -> None:
    gap = int(name.removeprefix("spacing-"))
    exam = built(ten, name)
    for page in ink_boxes(exam, ten):
        assert page[0][0] == 4
        assert max(right for _, right, *_ in page) <= exam.images.shape[2] - 4
        assert [after[0] - before[1] for before, after in pairwise(page)] == [gap] * 4


def test_a_digit_thinner_than_the_overlap_is_still_passed(ten: Dataset) -> None:
    images = np.zeros((10, 28, 28), np.uint8)
    images[:, :, 13:15] = 255
    thin = Dataset("thin", ten.labels, images, ten.targets)
    exam = built(thin, "spacing--4")
    assert exam.images.shape == (10, 36, 14)
    assert [placed.x for placed in exam.truth[0][0]] == [5, 6, 7, 8, 9]


def test_lines_stay_in_their_places(ten: Dataset) -> None:
    exam = built(ten, "lines-3")
    assert {len(page) for page in exam.truth} == {3}
    assert {len(line) for page in exam.truth for line in page} == {1, 2, 3, 4, 5, 6}
    for page in exam.truth:
        for number, line in enumerate(page):
            assert all(abs(placed.y - (17 + 40 * number)) <= 3 for placed in line)
            assert all(22 <= after.x - before.x <= 40 for before, after in pairwise(line))


@pytest.mark.parametrize(("name", "fewest", "most"), [("scattered-160", 2, 6), ("scattered-512", 10, 30)])
def test_scattered_digits_are_as_many_as_said_and_none_near_another(
    ten: Dataset, name: str, fewest: int, most: int
) -> None:
    # Many pages of the ten digits: their class says what their ink is.
    many = Dataset("many", ten.labels, np.tile(ten.images, (20, 1, 1)), np.tile(ten.targets, 20))
    pages = ink_boxes(built(many, name), ten)
    assert {len(page) for page in pages} == set(range(fewest, most + 1))
    for page in pages:
        grown = [(left - 3, right + 3, top - 3, bottom + 3) for left, right, top, bottom in page]
        for one, other in combinations(grown, 2):
            assert one[1] <= other[0] or other[1] <= one[0] or one[3] <= other[2] or other[3] <= one[2]


@pytest.mark.parametrize("percent", [70, 85, 120, 150])
def test_a_scaled_page_is_that_of_strings(ten: Dataset, percent: int) -> None:
    strings, exam = built(ten, "strings-5"), built(ten, f"scaled-{percent / 100:g}")
    np.testing.assert_array_equal(exam.images, scaled(strings.images, percent))
    places = [placed.x for page in exam.truth for line in page for placed in line]
    assert sorted(set(places)) == pytest.approx([(14 + 28 * number) * percent / 100 for number in range(5)])


def test_degraded_pages_are_those_of_strings_with_a_margin_dark_on_light(ten: Dataset) -> None:
    strings, exam = built(ten, "strings-5"), built(ten, "degraded-5")
    assert exam.images.shape == (10, 56, 168)
    inside = exam.images[:, 14:-14, 14:-14]
    assert inside[strings.images > 250].mean() < inside[strings.images == 0].mean() - 30
    for page, clean in zip(exam.truth, strings.truth, strict=True):
        assert [(one.target, one.x - 14, one.y - 14) for one in page[0]] == [tuple(one) for one in clean[0]]


def test_pages_without_symbols_have_no_lines(ten: Dataset) -> None:
    blank, clutter = built(ten, "blank"), built(ten, "clutter")
    assert not blank.images.any()
    assert clutter.images.any(axis=(1, 2)).all()
    assert {*blank.truth, *clutter.truth} == {()}


def test_digits_of_any_size_make_pages_and_those_too_large_are_left_out(ten: Dataset) -> None:
    small = Dataset("small", ten.labels, ten.images[:, :20, :17], ten.targets)
    assert [exam.name for exam in build_page_exams(small)] == list(PAGE_EXAMS)
    large = Dataset("large", ten.labels, np.pad(ten.images, ((0, 0), (0, 0), (80, 80))), ten.targets)
    assert PAGE_EXAMS.keys() - {exam.name for exam in build_page_exams(large)} == {"scattered-160"}
    with pytest.raises(InputError, match="large: digits of 28×188 px; expected at most 160×160 px"):
        build_page_exams(large, ["scattered-160"])


def test_a_digit_that_finds_no_room_is_left_out(ten: Dataset) -> None:
    wide = Dataset("wide", ten.labels, np.full((10, 100, 100), 9, np.uint8), ten.targets)
    assert {len(page[0]) for page in built(wide, "scattered-160").truth} == {1}


def test_one_digit_is_enough(ten: Dataset) -> None:
    for exam in build_page_exams(ten.take(np.array([3]))):
        assert len(exam) == (100 if exam.name in ("blank", "clutter") else 1)


def test_each_name_is_built_once_and_in_the_order_asked_for(ten: Dataset) -> None:
    exams = build_page_exams(ten, ["strings-3", "blank", "strings-3"])
    assert [exam.name for exam in exams] == ["strings-3", "blank"]


FAMILIES = (
    r"one of singles, pairs-vertical, .*, or of the exams of pages, strings-1 … strings-10, spacing--4 … spacing-20, "
    r"vertical-5, lines-3, scattered-160, scattered-512, scaled-0.7 … scaled-1.5, degraded-5, ruled-5, "
    r"ruled-degraded-5, shadowed-5, photo-5, blank, clutter; "
)


def test_what_cannot_be_built_says_why(ten: Dataset) -> None:
    for build in (build_exams, build_page_exams):
        with pytest.raises(InputError, match=FAMILIES + "check the spelling"):
            build(ten, ["strings-11"])
    with pytest.raises(InputError, match=FAMILIES + "build it with build_page_exams"):
        build_exams(ten, ["strings-5"])
    with pytest.raises(InputError, match=FAMILIES + "build it with build_exams"):
        build_page_exams(ten, ["row-5"])
    with pytest.raises(InputError, match="a whole number from 0"):
        build_page_exams(ten, ["strings-5"], seed=-1)
    with pytest.raises(InputError, match="no digits"):
        build_page_exams(ten.take(np.arange(0)))
