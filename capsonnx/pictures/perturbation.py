"""What each number of a pose means: the drawings of a digit's decoder, as one dimension after the other is moved."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from capsonnx.contract import FIELD, LENGTHS, POSES
from capsonnx.pictures.explanation import Seen, classes_of
from capsonnx.pictures.files import draw_each, require_suffix
from capsonnx.runtime.options import DEFAULTS, ReadingOptions
from capsonnx.runtime.page import grey, load_page
from capsonnx.runtime.streaming import read_pages
from capsonnx.symbols import Box

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from capsonnx.runtime import Decoder, Model, Reading, Row
    from capsonnx.runtime.page import Image

__all__ = ["STEPS", "Perturbation", "PerturbedClass", "perturb", "perturb_images", "perturbed"]

STEPS = tuple(step / 20 for step in range(-5, 6))
"""What is added to one number of a pose, which is at most 1 long: from -0.25 to 0.25, as in Sabour et al. (2017)."""


@dataclass(frozen=True, eq=False)
class PerturbedClass:
    """One class of an image, drawn from its pose alone.

    Attributes:
        label: its name.
        score: in 0..1, the length of its pose.
        view: what to show of the image beside the drawing, in pixels of the image.
        reconstruction: (rows, cols) float32 in 0..1, of the pose as it is.
        grid: (dimension, step, rows, cols) float32 in 0..1, of the pose with one of :data:`STEPS` added to one number.
    """

    label: str
    score: float
    view: Box
    reconstruction: NDArray[np.float32]
    grid: NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Perturbation(Seen):
    """All that a picture shows, besides the image.

    Attributes:
        classes: those that are drawn.
    """

    classes: tuple[PerturbedClass, ...]


def perturb(
    model: Model,
    decoder: Decoder,
    image: Image,
    path: Path,
    options: ReadingOptions = DEFAULTS,
    *,
    labels: Sequence[str] = (),
) -> Reading:
    """Read one image and draw, for each class in it, the grid of what each number of its pose does. Needs matplotlib.

    Args:
        model: a loaded model with an output ``poses``.
        decoder: the one that was trained with it; :func:`capsonnx.runtime.load_decoder` gives it.
        image: whatever :meth:`capsonnx.Reader.read` takes.
        path: the file to write: .png, .svg or .pdf. It is replaced when the picture is complete.
        options: how to read the image.
        labels: the classes to draw; none: those found in the image, in the order of its text, or the one of the highest
            score if none was found.

    Raises:
        ImageError: the file cannot be read.
        InputError: the array is no image, an option is not one of its values, there is no such class, or ``path`` has
            another suffix.
        ModelError: the model failed.
    """
    require_suffix(path)
    from capsonnx.pictures.grids import draw  # noqa: PLC0415 - it imports matplotlib

    perturbation = perturbed(model, decoder, image, options, labels=labels)
    draw(perturbation, path)
    return perturbation.reading


def perturb_images(
    model: Model,
    decoder: Decoder,
    images: Iterable[tuple[Path, Path]],
    options: ReadingOptions = DEFAULTS,
    *,
    labels: Sequence[str] = (),
) -> Iterator[Row]:
    """Draw many images, each to its own file; see :func:`perturb`.

    Args:
        model: as :func:`perturb` takes it.
        decoder: likewise.
        images: the path of each image, and that of its picture; :func:`capsonnx.pictures.targets` names pictures.
        options: how to read each of them.
        labels: see :func:`perturb`.

    Returns:
        One row for each image, in their order, when its picture is complete. An image that cannot be read is a row with
        an error.

    Raises:
        InputError: an option is not one of its values, or there is no such class.
    """

    def draw_one(source: Path, target: Path) -> Reading:
        return perturb(model, decoder, source, target, options, labels=labels)

    return draw_each(images, draw_one)


def perturbed(
    model: Model,
    decoder: Decoder,
    image: Image,
    options: ReadingOptions = DEFAULTS,
    *,
    labels: Sequence[str] = (),
) -> Perturbation:
    """What :func:`perturb` draws of an image, without drawing it; its arguments and errors are the same."""
    contract = model.contract
    shown = grey(image, polarity="light-on-dark")  # whatever it is: not inverted
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
    """A pose (dimension,) with each step added to each of its numbers: (dimension * steps, dimension)."""
    steps = np.array(STEPS, np.float32)
    moves = np.eye(len(pose), dtype=np.float32)[:, None] * steps[:, None]
    return (pose + moves).reshape(-1, len(pose))


def _view(reading: Reading, label: str, size: tuple[int, int], scale: float) -> Box:
    """As much around the symbol as is drawn of it; all of the image, if the class is not at just one place in it."""
    boxes = [symbol.box for symbol in reading.symbols if symbol.label == label]
    if len(boxes) != 1:
        return Box(0.0, 0.0, float(reading.width), float(reading.height))
    x, y = boxes[0].centre
    down, across = (side / 2 / scale for side in size)
    return Box(x - across, y - down, x + across, y + down)
