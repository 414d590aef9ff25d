from __future__ import annotations

import dataclasses
import time
from typing import TYPE_CHECKING

import pytest

from capsonnx.errors import InputError, ModelError
from capsonnx.exam import PAGE_EXAMS, PageExam, PageResult, build_page_exams, read_classes, sit_pages
from capsonnx.symbols import Box, Symbol

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    from capsonnx.datasets import Dataset
    from capsonnx.symbols import PageReader

    Change = Callable[[tuple[Symbol, ...]], tuple[Symbol, ...]]

LABELS = tuple("0123456789")


def omniscient(exam: PageExam, change: Change = lambda line: line) -> PageReader:
    """A reader that knows all pages of an exam, and then changes each line."""
    answers = {}
    for image, page in zip(exam.images, exam.truth, strict=True):
        lines = [
            [Symbol(LABELS[target], 0.9, Box(x - 14, y - 14, x + 14, y + 14)) for target, x, y in line] for line in page
        ]
        answers[image.tobytes()] = tuple(change(tuple(line)) for line in lines)
    return lambda images: [answers[image.tobytes()] for image in images]


def moved(symbol: Symbol, pixels: float) -> Symbol:
    left, top, right, bottom = symbol.box
    return dataclasses.replace(symbol, box=Box(left + pixels, top, right + pixels, bottom))


def sat(exam: PageExam, change: Change) -> PageResult:
    return sit_pages(omniscient(exam, change), exam, labels=LABELS, batch_size=3)


@pytest.fixture(scope="module")
def strings(ten: Dataset) -> PageExam:
    [exam] = build_page_exams(ten, ["strings-5"])
    return exam


def scores(result: PageResult) -> tuple[float | None, ...]:
    return result.exact, result.character_errors, result.precision, result.recall, result.false_per_megapixel


@pytest.mark.parametrize("name", PAGE_EXAMS)
def test_a_perfect_reader_is_perfect(ten: Dataset, name: str) -> None:
    [exam] = build_page_exams(ten, [name])
    steps: list[int] = []
    result = sit_pages(omniscient(exam), exam, labels=LABELS, batch_size=4, advance=steps.append)
    share = None if name in ("blank", "clutter") else 1.0
    if exam.ordered:
        assert scores(result) == (1.0, None if share is None else 0.0, share, share, 0.0)
    else:
        assert scores(result) == (None, None, share, share, 0.0)
    assert (result.name, result.pages) == (name, len(exam))
    assert result.symbols == sum(len(line) for page in exam.truth for line in page)
    assert sum(steps) == len(exam)
    assert max(steps) == 4


def test_a_reader_that_finds_nothing_has_no_precision(strings: PageExam) -> None:
    result = sit_pages(lambda images: [() for _ in images], strings, labels=LABELS)
    assert scores(result) == (0.0, 1.0, None, 0.0, 0.0)


def test_a_symbol_left_out_is_missed(strings: PageExam) -> None:
    assert scores(sat(strings, lambda line: line[1:])) == (0.0, 0.2, 1.0, 0.8, 0.0)


def test_a_symbol_read_twice_is_false(strings: PageExam) -> None:
    false = 1_000_000 / (28 * 140)
    assert scores(sat(strings, lambda line: line[:1] + line)) == (0.0, 0.2, 5 / 6, 1.0, pytest.approx(false))


def test_a_symbol_8_px_off_is_both_missed_and_false_but_read_right(strings: PageExam) -> None:
    near, far = (sat(strings, lambda line, by=by: (moved(line[0], by), *line[1:])) for by in (7, 8))
    assert scores(near) == (1.0, 0.0, 1.0, 1.0, 0.0)
    assert scores(far)[:4] == (1.0, 0.0, 0.8, 0.8)
    assert far.false_per_megapixel > 0


def test_a_wrong_label_is_both_missed_and_false(strings: PageExam) -> None:
    result = sat(strings, lambda line: (dataclasses.replace(line[0], label="?"), *line[1:]))
    assert scores(result)[:4] == (0.0, 0.2, 0.8, 0.8)


def test_lines_read_as_one_lack_their_breaks(ten: Dataset) -> None:
    [exam] = build_page_exams(ten, ["vertical-5"])
    knows = omniscient(exam)
    result = sit_pages(lambda images: [(sum(page, ()),) for page in knows(images)], exam, labels=LABELS)
    assert scores(result) == (0.0, pytest.approx(4 / 9), 1.0, 1.0, 0.0)


def test_what_is_found_on_blank_pages_is_false(ten: Dataset) -> None:
    [exam] = build_page_exams(ten, ["blank"])
    ghost = Symbol("7", 0.6, Box(0, 0, 28, 28))
    result = sit_pages(lambda images: [((ghost,),) for _ in images], exam, labels=LABELS)
    assert scores(result) == (0.0, None, 0.0, None, pytest.approx(1_000_000 / 256**2))


def test_the_first_batch_is_read_once_more_and_off_the_clock(
    monkeypatch: pytest.MonkeyPatch, strings: PageExam
) -> None:
    now = 0.0
    sizes: list[int] = []
    monkeypatch.setattr(time, "perf_counter", lambda: now)

    def slow_at_first(images: NDArray[np.uint8]) -> list[tuple[tuple[Symbol, ...], ...]]:
        nonlocal now
        now += 0.5 if sizes else 100
        sizes.append(len(images))
        return [() for _ in images]

    result = sit_pages(slow_at_first, strings, labels=LABELS, batch_size=6)
    assert sizes == [6, 6, 4]
    assert (result.seconds, result.pages_per_second) == (1.0, 10.0)


def test_there_must_be_pages_batches_and_labels(strings: PageExam) -> None:
    none = PageExam("none", strings.images[:0], ())
    for exam, labels, batch_size, message in (
        (none, LABELS, 1, "0 pages in batches of 1"),
        (strings, LABELS, 0, "10 pages in batches of 0"),
        (strings, LABELS[:9], 1, "9 labels; expected one for each of at least 10 classes"),
    ):
        with pytest.raises(InputError, match=message):
            sit_pages(omniscient(exam), exam, labels=labels, batch_size=batch_size)


def test_a_reader_that_loses_pages_is_an_error(strings: PageExam) -> None:
    with pytest.raises(ModelError, match="2 pages read, of 3"):
        sit_pages(lambda images: [()] * 2, strings, labels=LABELS, batch_size=3)


@pytest.mark.parametrize("batch_size", [1, 3, 100])
def test_the_classes_of_a_page_are_those_on_any_of_its_lines(ten: Dataset, batch_size: int) -> None:
    [pages] = build_page_exams(ten, ["lines-3"])
    steps: list[int] = []
    present = read_classes(omniscient(pages), pages.images, LABELS, batch_size=batch_size, advance=steps.append)
    assert present.shape == (len(pages), 10)
    for row, page in zip(present, pages.truth, strict=True):
        assert set(row.nonzero()[0]) == {placed.target for line in page for placed in line}
    assert sum(steps) == len(pages)
    assert max(steps) <= batch_size


def test_of_nothing_read_there_are_no_classes(strings: PageExam) -> None:
    assert not read_classes(lambda images: [() for _ in images], strings.images, LABELS).any()


def test_a_reader_that_leaves_out_an_image_is_refused(strings: PageExam) -> None:
    with pytest.raises(ModelError, match=f"{len(strings) - 1} pages read, of {len(strings)}"):
        read_classes(lambda images: [() for _ in images[1:]], strings.images, LABELS)
