"""What each number of a pose means: what the decoder draws of a digit when one dimension after the other is changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from capsonnx.contract import FIELD, LENGTHS, POSES
from capsonnx.pictures.explanation import Seen, classes_of
from capsonnx.runtime.options import DEFAULTS, ReadingOptions
from capsonnx.runtime.page import grey, load_page
from capsonnx.runtime.streaming import read_pages
from capsonnx.symbols import Box

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from capsonnx.runtime import Decoder, Model, Reading
    from capsonnx.runtime.page import Image

__all__ = ["STEPS", "Perturbation", "PerturbedClass", "perturbed"]

STEPS = tuple(step / 20 for step in range(-5, 6))
"""The steps added to a number of a pose, whose length is at most 1: -0.25 to 0.25, as in Sabour et al. (2017)."""


@dataclass(frozen=True, eq=False)
class PerturbedClass:
    """One class of an image, drawn from its pose alone.

    Attributes:
        label: the name of the class.
        score: the length of its pose, in 0..1.
        view: the part of the image to show beside the drawing, in pixels of the image.
        reconstruction: (rows, cols) float32 in 0..1, drawn from the unchanged pose.
        grid: (dimension, step, rows, cols) float32 in 0..1, drawn with one of :data:`STEPS` added to one number.
    """

    label: str
    score: float
    view: Box
    reconstruction: NDArray[np.float32]
    grid: NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Perturbation(Seen):
    """Everything that a picture shows: the image and the classes drawn from their poses.

    Attributes:
        classes: the classes that are drawn.
    """

    classes: tuple[PerturbedClass, ...]


def perturbed(
    model: Model,
    decoder: Decoder,
    image: Image,
    options: ReadingOptions = DEFAULTS,
    *,
    labels: Sequence[str] = (),
) -> Perturbation:
    """Compute what ``perturb`` draws of an image, without drawing it; its arguments and errors are the same."""
    contract = model.contract
    shown = grey(image, polarity="light-on-dark")  # whatever its polarity: not inverted
    page = load_page(shown, contract, options, size=model.size)
    scores = model(page.levels[None], (LENGTHS, POSES, FIELD))
    reading = read_pages(scores, [page], contract, threshold=options.threshold)[0]
    rows, cols = page.levels.shape
    assert scores.poses is not None  # noqa: S101 - load_decoder has looked
    classes = []
    for label in labels or classes_of(reading):
        pose = scores.poses[0, decoder.index_of(label)]
        view = _view(reading, label, decoder.contract.size, page.scale)
        drawings = decoder(_moved(pose), label).reshape(-1, len(STEPS), *decoder.contract.size)
        classes.append(
            PerturbedClass(label, reading.scores[label], view, drawings[0, STEPS.index(0.0)].copy(), drawings)
        )
    return Perturbation(
        image=shown,
        ink=page.levels,
        ink_box=page.original(Box(0.0, 0.0, float(cols), float(rows))),
        reading=reading,
        classes=tuple(classes),
    )


def _moved(pose: NDArray[np.float32]) -> NDArray[np.float32]:
    """Add each step to each number of a pose, (dimension,): (dimension * steps, dimension)."""
    steps = np.array(STEPS, np.float32)
    moves = np.eye(len(pose), dtype=np.float32)[:, None] * steps[:, None]
    return (pose + moves).reshape(-1, len(pose))


def _view(reading: Reading, label: str, size: tuple[int, int], scale: float) -> Box:
    """The part of the image that the drawing shows, or all of it unless the class is at exactly one place."""
    boxes = [symbol.box for symbol in reading.symbols if symbol.label == label]
    if len(boxes) != 1:
        return Box(0.0, 0.0, float(reading.width), float(reading.height))
    x, y = boxes[0].centre
    down, across = (side / 2 / scale for side in size)
    return Box(x - across, y - down, x + across, y + down)
