"""What a model read in an image, and its maps of evidence and field, laid over the image and drawn to a file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from capsonnx.contract import EVIDENCE, FIELD, LENGTHS
from capsonnx.errors import ModelError
from capsonnx.pictures.files import draw_each, require_suffix
from capsonnx.runtime.options import DEFAULTS, ReadingOptions
from capsonnx.runtime.page import Page, grey, load_page, place
from capsonnx.runtime.streaming import read_pages
from capsonnx.symbols import Box

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from capsonnx.contract import Contract, Scores
    from capsonnx.runtime.page import Image
    from capsonnx.runtime.reading import Reading
    from capsonnx.runtime.session import Model
    from capsonnx.runtime.streaming import Row

__all__ = [
    "Explanation",
    "HeatMap",
    "Seen",
    "classes_of",
    "covered",
    "explain",
    "explain_images",
    "explanation_of",
    "require_maps",
]

MOST_CLASSES = 10
"""How many classes one picture shows."""


@dataclass(frozen=True, eq=False)
class HeatMap:
    """One value per class and place, to be laid over an image.

    Attributes:
        name: of the output that it comes from.
        values: (class, rows, cols) float32, at least 0.
        box: the rectangle that it covers, in pixels of the image; each cell is as large as any other.
        mark: a value to mark on the colour scale, or None.
    """

    name: str
    values: NDArray[np.float32]
    box: Box
    mark: float | None = None


@dataclass(frozen=True, eq=False)
class Seen:
    """An image, the page that the network saw of it, and what it read.

    Attributes:
        image: (height, width) uint8, as it was given: its ink may be dark, and of another size than was read.
        ink: (rows, cols) uint8, the page that the network saw: light ink on black.
        ink_box: the rectangle that ``ink`` covers, in pixels of the image.
        reading: what was read.
    """

    image: NDArray[np.uint8]
    ink: NDArray[np.uint8]
    ink_box: Box
    reading: Reading

    @property
    def is_prepared(self) -> bool:
        """Whether the ink that the network saw is anything but the image itself."""
        return not np.array_equal(place(self.image)[0], place(self.ink)[0])


@dataclass(frozen=True, eq=False)
class Explanation(Seen):
    """All that a picture shows, besides the image.

    Attributes:
        shown: the labels of the classes that have heat maps.
        classes: where these stand among the classes of the maps.
        maps: evidence, field or both.
    """

    shown: tuple[str, ...]
    classes: tuple[int, ...]
    maps: tuple[HeatMap, ...]


def explain(model: Model, image: Image, path: Path, options: ReadingOptions = DEFAULTS) -> Reading:
    """Read one image, and draw it with its symbols and, class by class, with where they were seen.

    On top is the image, with a box, a label and a score for each symbol; beside or below it what the network saw, if
    that is anything else. Then come heat maps of the classes that were found, 10 at most, or else of the one with the
    highest score: ``evidence``, what each place added to the score of the whole image, and ``field``, the score of the
    window around each place. Needs matplotlib.

    Args:
        model: a loaded model with an output ``evidence`` or ``field``; what it has is drawn.
        image: whatever :meth:`capsonnx.Reader.read` takes.
        path: the file to write: .png, .svg or .pdf. It is replaced when the picture is complete.
        options: how to read it.

    Raises:
        ImageError: the file cannot be read.
        InputError: the array is no image, an option is not one of its values, or ``path`` has another suffix.
        ModelError: the model has neither output, or failed.
    """
    require_maps(model)
    require_suffix(path)
    from capsonnx.pictures.drawing import draw  # noqa: PLC0415 - it imports matplotlib

    shown = grey(image, polarity="light-on-dark")  # whatever it is: not inverted
    page = load_page(shown, model.contract, options, size=model.size)
    scores = model(page.levels[None], (LENGTHS, EVIDENCE, FIELD))
    explanation = explanation_of(scores, page, model.contract, image=shown, threshold=options.threshold)
    draw(explanation, path)
    return explanation.reading


def explain_images(
    model: Model, images: Iterable[tuple[Path, Path]], options: ReadingOptions = DEFAULTS
) -> Iterator[Row]:
    """Draw many images, each to its own file; see :func:`explain`.

    Args:
        model: as :func:`explain` takes it.
        images: the path of each image, and that of its picture; :func:`targets` names pictures.
        options: how to read each of them.

    Returns:
        One row for each image, in their order, when its picture is complete. An image that cannot be read is a row with
        an error.

    Raises:
        InputError: an option is not one of its values.
        ModelError: the model has neither output.
    """
    require_maps(model)
    return draw_each(images, lambda source, target: explain(model, source, target, options))


def require_maps(model: Model) -> None:
    """Check that a model has maps to draw.

    Raises:
        ModelError: it has neither ``evidence`` nor ``field``.
    """
    if not {EVIDENCE, FIELD} & set(model.outputs):
        raise ModelError(
            f"{model.path}: gives {', '.join(model.outputs)}",
            expected=f"an output {EVIDENCE} or {FIELD}",
            remedy="export it with all --outputs; a network of routing em or sharing full has neither",
        )


def explanation_of(
    scores: Scores, page: Page, contract: Contract, *, image: NDArray[np.uint8], threshold: float | None = None
) -> Explanation:
    """Put together what a picture shows of one page.

    Args:
        scores: of a batch that holds the page alone.
        page: the page.
        contract: of the model that gave the scores.
        image: (height, width) uint8, the image that the page was made from.
        threshold: see :class:`capsonnx.runtime.ReadingOptions`.
    """
    reading = read_pages(scores, [page], contract, threshold=threshold)[0]
    shown = classes_of(reading)
    rows, cols = page.levels.shape
    return Explanation(
        image=image,
        ink=page.levels,
        ink_box=page.original(Box(0.0, 0.0, float(cols), float(rows))),
        reading=reading,
        shown=shown,
        classes=tuple(contract.labels.index(label) for label in shown),
        maps=tuple(_maps(scores, page, contract)),
    )


def covered(shape: Sequence[int], *, origin: tuple[float, float], stride: float) -> Box:
    """The rectangle that the cells of a map cover, each of them a square of side ``stride`` around its centre.

    Args:
        shape: (..., rows, cols) of the map.
        origin: the centre of cell (0, 0), in pixels down and to the right.
        stride: pixels between neighbouring cells.

    >>> covered((10, 8, 8), origin=(7.0, 7.0), stride=2)
    Box(left=6.0, top=6.0, right=22.0, bottom=22.0)
    """
    top, left = origin[0] - stride / 2, origin[1] - stride / 2
    return Box(left, top, left + stride * shape[-1], top + stride * shape[-2])


def _maps(scores: Scores, page: Page, contract: Contract) -> Iterator[HeatMap]:
    if scores.evidence is not None:
        values, middle = scores.evidence[0], contract.receptive_field / 2
        box = covered(values.shape, origin=(middle, middle), stride=contract.stride)
        yield HeatMap(EVIDENCE, values, page.original(box))
    if scores.field is not None and contract.windows is not None:
        values, windows = scores.field[0], contract.windows
        box = covered(values.shape, origin=windows.origin, stride=windows.stride)
        yield HeatMap(FIELD, values, page.original(box), windows.threshold)


def classes_of(reading: Reading) -> tuple[str, ...]:
    """The labels in the text, in its order, then those found besides; without any, the one of the highest score."""
    labels = [*(symbol.label for symbol in reading.symbols), *reading.labels]
    return tuple(dict.fromkeys(labels))[:MOST_CLASSES] or (max(reading.scores, key=lambda key: reading.scores[key]),)
