"""What an explanation shows: what a model read in an image, and its maps of evidence and field, laid over it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from capsonnx.contract import EVIDENCE, FIELD
from capsonnx.errors import ModelError
from capsonnx.runtime.page import Page, place
from capsonnx.runtime.streaming import read_pages
from capsonnx.symbols import Box

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from capsonnx.contract import Contract, Scores
    from capsonnx.runtime.reading import Reading
    from capsonnx.runtime.session import Model

__all__ = [
    "Explanation",
    "HeatMap",
    "Seen",
    "classes_of",
    "covered",
    "explanation_of",
    "require_maps",
]

MOST_CLASSES = 10
"""The maximum number of classes in one picture."""


@dataclass(frozen=True, eq=False)
class HeatMap:
    """One value per class and place, to be laid over an image.

    Attributes:
        name: the name of the output that the values come from.
        values: (class, rows, cols) float32, at least 0.
        box: the rectangle that the map covers, in pixels of the image; all cells have the same size.
        mark: a value to mark on the colour scale, or None.
    """

    name: str
    values: NDArray[np.float32]
    box: Box
    mark: float | None = None


@dataclass(frozen=True, eq=False)
class Seen:
    """An image, the page that the network saw of it, and what was read.

    Attributes:
        image: (height, width) uint8, as given: its ink may be dark, and its size may differ from that of the page.
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
        """Whether the ink that the network saw differs from the image itself."""
        return not np.array_equal(place(self.image)[0], place(self.ink)[0])


@dataclass(frozen=True, eq=False)
class Explanation(Seen):
    """Everything that a picture shows: the image and its heat maps.

    Attributes:
        shown: the labels of the classes that have heat maps.
        classes: the indices of these classes in the maps.
        maps: evidence, field or both.
    """

    shown: tuple[str, ...]
    classes: tuple[int, ...]
    maps: tuple[HeatMap, ...]


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
    """Collect what a picture shows of one page.

    Args:
        scores: the scores of a batch that holds only this page.
        page: the page.
        contract: the contract of the model that gave the scores.
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
    """The rectangle covered by the cells of a map, each a square of side ``stride`` around its centre.

    Args:
        shape: (..., rows, cols), the shape of the map.
        origin: the centre of cell (0, 0), in pixels down and to the right.
        stride: the distance in pixels between neighbouring cells.

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
    """The labels in the text, in order, then any others found; if there are none, the highest-scoring one."""
    labels = [*(symbol.label for symbol in reading.symbols), *reading.labels]
    return tuple(dict.fromkeys(labels))[:MOST_CLASSES] or (max(reading.scores, key=lambda key: reading.scores[key]),)
