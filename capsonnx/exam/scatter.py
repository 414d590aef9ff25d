"""Digits at random places on a page, none close to another, for page exams and for exams on sets of classes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from capsonnx.errors import InputError
from capsonnx.exam.compose import ink_spans, paste
from capsonnx.exam.draws import different, stream
from capsonnx.exam.pages import PageExam, Placed
from capsonnx.exam.sets import Exam, too_few_classes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from capsonnx.datasets import Dataset

__all__ = ["scattered", "scattered_sets"]

APART = 6
"""The minimum distance in pixels between the ink boxes of two digits, in x or in y."""

TRIES = 1000
"""The number of random places tried for each digit of a page; if none is free, the digit is left out."""

FEW_TRIES = 30
"""The number of random places tried for each digit of a set; if none is free, all digits of the image are placed anew,
:data:`TRIES` times at most."""


def scattered(dataset: Dataset, seed: int, *, side: int, count: int, fewest: int, most: int) -> PageExam:
    """Build an exam of digits at random places on a square page.

    Args:
        dataset: the digits, of any class.
        seed: for all random choices, at least 0.
        side: the side of the page in pixels.
        count: the number of pages, limited to the number of digits.
        fewest: the minimum number of digits on a page, at least 1.
        most: the maximum number of digits on a page. Digits larger than those of MNIST may find no room; then a page
            has fewer.

    Returns:
        An exam without reading order.

    Raises:
        InputError: the page is too small for one digit.
    """
    name = f"scattered-{side}"
    height, width = dataset.images.shape[1:]
    if max(height, width) > side:
        raise InputError(
            f"{dataset.name}: digits of {height}×{width} px",
            expected=f"at most {side}×{side} px for the exam {name}",
            remedy="use smaller digits, or leave this exam out",
        )
    generator = stream(seed, name)
    boxes = _ink_boxes(dataset.images)
    images = np.zeros((min(count, len(dataset)), side, side), dtype=np.uint8)
    truth = []
    for page in images:
        digits = generator.integers(len(dataset), size=generator.integers(fewest, most + 1))
        places = _places(boxes[digits], (side - width, side - height), generator, tries=TRIES)
        placed = []
        for digit, (left, top) in zip(digits[list(places)], places.values(), strict=True):
            paste(page, dataset.images[digit], left, top)
            placed.append(Placed(int(dataset.targets[digit]), left + width / 2, top + height / 2))
        truth.append((tuple(placed),))
    return PageExam(name, images, tuple(truth), ordered=False)


def scattered_sets(dataset: Dataset, seed: int, *, side: int, digits: int, count: int) -> Exam:
    """Build an exam of digits of different classes at random places on a square image.

    Args:
        dataset: the digits.
        seed: for all random choices, at least 0.
        side: the side of the images in pixels.
        digits: the number of digits in each image; the first one drawn for image i is digit i of the data set.
        count: the number of images, limited to the number of digits.

    Raises:
        InputError: there are fewer classes than ``digits``, or there is no room for that many digits.
    """
    name = f"scattered-{side}-{digits}"
    height, width = dataset.images.shape[1:]
    if len(np.unique(dataset.targets)) < digits:
        raise too_few_classes(dataset, name)
    if max(height, width) > side:
        raise _no_room(dataset, f"at most {side}×{side} px", name)
    generator = stream(seed, name)
    chosen = different(dataset.targets, digits, generator)[:count]
    boxes = _ink_boxes(dataset.images)
    images = np.zeros((len(chosen), side, side), dtype=np.uint8)
    for image, numbers in zip(images, chosen, strict=True):
        for _ in range(TRIES):
            places = _places(boxes[numbers], (side - width, side - height), generator, tries=FEW_TRIES)
            if len(places) == digits:
                break
        else:
            raise _no_room(dataset, f"room for {digits} of them on {side}×{side} px", name)
        for number, (left, top) in zip(numbers, places.values(), strict=True):
            paste(image, dataset.images[number], left, top)
    return Exam(name, images, dataset.targets[chosen])


def _ink_boxes(images: NDArray[np.uint8]) -> NDArray[np.int64]:
    """The ink box of each image, (count, 4) int64: left, right, top and bottom edge."""
    return np.concatenate([ink_spans(images, axis=2), ink_spans(images, axis=1)], axis=1)


def _no_room(dataset: Dataset, expected: str, name: str) -> InputError:
    height, width = dataset.images.shape[1:]
    return InputError(
        f"{dataset.name}: digits of {height}×{width} px",
        expected=f"{expected} for the exam {name}",
        remedy="use smaller digits, or leave this exam out",
    )


def _places(
    boxes: NDArray[np.int64], room: tuple[int, int], generator: np.random.Generator, *, tries: int
) -> dict[int, tuple[int, int]]:
    """Draw places for images such that their ink boxes keep their distance.

    Args:
        boxes: (k, 4) int64, the ink box of each image in its own coordinates: left, right, top and bottom edge.
        room: the maximum left and top edge of an image.
        generator: draws the places.
        tries: the number of places tried for each image.

    Returns:
        The left and top edge of each image by its index, without those for which no free place was found.
    """
    places: dict[int, tuple[int, int]] = {}
    taken: list[NDArray[np.int64]] = []
    for number, box in enumerate(boxes):
        for _ in range(tries):
            left, top = generator.integers(room, endpoint=True).tolist()
            moved = box + np.array([left, left, top, top])
            if not any(_near(moved, other) for other in taken):
                places[number] = left, top
                taken.append(moved)
                break
    return places


def _near(one: NDArray[np.int64], other: NDArray[np.int64]) -> bool:
    gaps = np.maximum(one[::2] - other[1::2], other[::2] - one[1::2])
    return bool((gaps < APART).all())
