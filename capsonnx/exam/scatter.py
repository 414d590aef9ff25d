"""Digits at random places of a page, none near another: as pages to read, and as sets of classes."""

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
"""The least pixels between the ink boxes of two digits, in x or in y."""

TRIES = 1000
"""How many random places a digit of a page may try; where none is free the page goes without it."""

FEW_TRIES = 30
"""The same of a digit of a set. Where none is free all are placed anew, up to :data:`TRIES` times."""


def scattered(dataset: Dataset, seed: int, *, side: int, count: int, fewest: int, most: int) -> PageExam:
    """Digits at random places of a square page.

    Args:
        dataset: the digits, of any class.
        seed: of all random choices, from 0.
        side: of the page in pixels.
        count: how many pages, or as many as there are digits, if those are fewer.
        fewest: digits on a page, from 1.
        most: digits on a page. Digits larger than those of MNIST may find no room, and then are fewer.

    Returns:
        An exam without reading order.

    Raises:
        InputError: the page is too small for one digit.
    """
    name = f"scattered-{side}"
    height, width = dataset.images.shape[1:]
    if max(height, width) > side:
        raise InputError(
            f"{dataset.name}: digits of {width}×{height} px",
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
    """So many digits of different classes at random places of a square image.

    Args:
        dataset: the digits.
        seed: of all random choices, from 0.
        side: of the images in pixels.
        digits: in each image; the first one drawn for image i is digit i of the data set.
        count: how many images, or as many as there are digits, if those are fewer.

    Raises:
        InputError: there are fewer classes than that, or no room for as many digits.
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
    """(count, 4) int64, the ink of each in its own image: left, right, top, bottom."""
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
    """Left and top edges for images whose ink keeps its distance, by number, without those that found no place.

    Args:
        boxes: (k, 4) int64, the ink of each in its own image: left, right, top, bottom.
        room: the largest left and top edge.
        generator: draws the places.
        tries: how many places each may try.
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
