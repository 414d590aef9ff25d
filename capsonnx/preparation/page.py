"""Prepare a scanned page: turn light ink on an uneven, noisy background into bright ink of MNIST's size on exact black.

A network without biases does not respond to black but does to grey. So preparation takes these steps, in this order:

1. If the page shows paper on something else, everything but the paper is left out (:mod:`capsonnx.preparation.paper`).
   The background is estimated (:mod:`capsonnx.preparation.ground`) and subtracted, including shadows
   (:mod:`capsonnx.preparation.shadow`).
2. The noise is measured where the page is darker than its background, because there is no ink there. Connected
   components that stand out of the noise are ink; the rest becomes 0.
3. Rules are removed: printed lines, squares and boxes (:mod:`capsonnx.preparation.rules`). So are specks, components
   much smaller than the symbols.
4. If the symbols are clearly larger or smaller than requested, the page is resized.
5. The ink is scaled to be as bright as MNIST's.
6. Strokes much thinner than MNIST's are thickened.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np
from PIL import Image, ImageFilter

from capsonnx.contract import WIDEST
from capsonnx.errors import InputError
from capsonnx.masks import bounding_box, find_components
from capsonnx.preparation.clean import STRONG, needs_preparation, unruled
from capsonnx.preparation.scan import ink_on_paper
from capsonnx.preparation.sizes import SYMBOL, are_frames, clean_scale
from capsonnx.require import require_choice

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Preparation", "Prepared", "check_choices", "prepare"]

Preparation: TypeAlias = Literal["auto", "on", "off"]
"""When a page is prepared: ``auto`` prepares pages for which :func:`capsonnx.preparation.needs_preparation` is true.
Other pages only have their rules removed, and are resized if their symbols are of a very different size."""

BRIGHT = 80.0
"""The percentile of the ink that is scaled to 255."""
FAINT = 128
"""A clean page is brightened only if it was shrunk and its percentile :data:`BRIGHT` is below this level."""
STROKE = 2.0
"""The mean width in pixels of MNIST's strokes, as measured by :func:`_stroke`."""
BAND = (0.87, 1.15)
"""Scans are not resized by factors in this range."""
LARGEST = 1 << 22
"""The maximum number of pixels to which a page is enlarged. A network needs about 3 GB for that many."""


@dataclass(frozen=True, eq=False)
class Prepared:
    """A prepared page.

    Attributes:
        levels: (height, width) uint8, light ink on black.
        scale: pixels of ``levels`` per pixel of the given page; 1.0 unless it was resized.
        offset: what to add to x and y on ``levels`` to get coordinates on the resized page, at most half a pixel each.
            It is other than 0 only on clean pages that were resized, whose ink starts at a whole pixel.
    """

    levels: NDArray[np.uint8]
    scale: float = 1.0
    offset: tuple[float, float] = (0.0, 0.0)


def prepare(
    levels: NDArray[np.uint8],
    *,
    mode: Preparation = "auto",
    symbol: float | None = SYMBOL,
    widest: float = WIDEST,
) -> Prepared:
    """Prepare one page.

    Args:
        levels: (height, width) uint8, light ink on a dark background, as from :func:`capsonnx.images.load_grey`.
        mode: see :data:`Preparation`; ``off`` returns the page unchanged.
        symbol: the desired length in pixels of the longer side of symbols, or None to keep the size of the page.
        widest: the largest ratio of a symbol's width to its height. Anything wider is taken for several touching
            symbols.

    Returns:
        The page as the network expects it, with ``levels`` itself if nothing was done. A page that needs preparation
        but has no ink becomes all black.

    Raises:
        InputError: ``mode`` or ``symbol`` is not one of the values above.

    >>> rows, columns = np.mgrid[:60, :60]
    >>> page = (rows + columns).astype(np.uint8)
    >>> int(prepare(page).levels.max())
    0
    >>> page[20:40, 30:33] += 90
    >>> ink = prepare(page).levels
    >>> bool(ink[20:40, 30:33].min() > 200), int(ink[:, :27].max())
    (True, 0)
    """
    check_choices(mode, symbol)
    if mode == "off":
        return Prepared(levels)
    if mode == "auto" and not needs_preparation(levels):
        return _clean(levels, symbol, widest)
    ink, size = ink_on_paper(levels, widest)
    scale = _at_most(_scale(size, symbol), levels.size)
    return Prepared(_thickened(_brightened(_resized(ink, scale)), size * scale), scale)


def check_choices(mode: str, symbol: float | None) -> None:
    """Raise an InputError for a mode or a symbol size that :func:`prepare` does not accept."""
    require_choice("preparation", mode, Preparation)
    if symbol is not None and not 1 <= symbol <= 10_000:
        raise InputError(f"symbol {symbol!r}", expected="a size in pixels in 1..10000, or None", remedy="pass one")


def _clean(levels: NDArray[np.uint8], symbol: float | None, widest: float) -> Prepared:
    """Prepare a page with a black background: it may be ruled, or its symbols far too large or small."""
    boxes = find_components(levels > STRONG).boxes
    page = unruled(levels, boxes, widest)
    if page is not levels:
        levels, boxes = page, find_components(page > STRONG).boxes
    if symbol is None:
        return Prepared(levels)
    scale = _at_most(clean_scale(boxes[~are_frames(boxes)], symbol, widest), levels.size)
    if scale == 1:
        return Prepared(levels)
    # Resize only the ink and place it at the nearest whole pixel, so that the black around it has no effect.
    rows, columns = bounding_box(levels)
    resized = np.rint(_resized(levels[rows, columns].astype(np.float32), scale)).astype(np.uint8)
    top, left = rows.start * scale, columns.start * scale
    row, col = round(top), round(left)
    height, width = (round(side * scale) for side in levels.shape)
    page = np.zeros((max(height, row + len(resized)), max(width, col + resized.shape[1])), np.uint8)
    page[row : row + len(resized), col : col + resized.shape[1]] = resized
    # Thin strokes become faint when shrunk.
    is_faint = scale < 1 and _full(page) < FAINT
    page = _thickened(_brightened(page.astype(np.float32)), symbol) if is_faint else page
    return Prepared(page, scale, (left - col, top - row))


def _scale(size: float, symbol: float | None) -> float:
    """The factor by which to resize a scan with symbols of ``size`` pixels (0 if it has none)."""
    if symbol is None or not size or BAND[0] <= symbol / size <= BAND[1]:
        return 1.0
    return symbol / size


def _at_most(scale: float, pixels: int) -> float:
    """Limit a scale so that a page of this many pixels is not enlarged beyond :data:`LARGEST`."""
    return float(min(scale, max(1.0, (LARGEST / pixels) ** 0.5)))


def _resized(ink: NDArray[np.float32], scale: float) -> NDArray[np.float32]:
    if scale == 1:
        return ink
    height, width = (max(1, round(side * scale)) for side in ink.shape)
    # Pillow's bilinear filter averages when shrinking and does not ring: black stays black.
    return np.asarray(Image.fromarray(ink).resize((width, height), Image.Resampling.BILINEAR))


def _brightened(ink: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Scale the ink so that strokes reach 255, as MNIST's do."""
    levels: NDArray[np.uint8] = np.rint((ink * (255 / _full(ink))).clip(0, 255)).astype(np.uint8)
    return levels


def _full(ink: NDArray[Any]) -> float:
    """The level that strokes reach; 1 if there is no ink."""
    inked = ink[ink > 0]
    return float(np.percentile(inked, BRIGHT)) if inked.size else 1.0


def _stroke(levels: NDArray[np.uint8]) -> float:
    """The mean stroke width in pixels, twice the area divided by the outline; infinite if there is no ink."""
    ink = np.pad(levels > 127, 1)
    outline = np.count_nonzero(ink[1:] != ink[:-1]) + np.count_nonzero(ink[:, 1:] != ink[:, :-1])
    return 2 * np.count_nonzero(ink) / outline if outline else np.inf


def _thickened(levels: NDArray[np.uint8], size: float) -> NDArray[np.uint8]:
    """Widen strokes that are too thin for symbols of ``size`` pixels, by two or four pixels."""
    lacking = STROKE * size / SYMBOL - _stroke(levels)
    image = Image.fromarray(levels)
    for _ in range(min(2, max(0, round(lacking / 2)))) if np.isfinite(lacking) else ():
        image = image.filter(ImageFilter.MaxFilter(3))
    return np.array(image)
