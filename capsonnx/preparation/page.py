"""Preparing a scanned page: from light ink on an uneven, noisy ground to bright ink on exact black, of MNIST's size.

A network without biases sees nothing in black, but everything in grey. So, in this order:

1. if there is paper on something else, the rest is left out (:mod:`capsonnx.preparation.paper`); the ground is
   estimated (:mod:`capsonnx.preparation.ground`) and subtracted, shadows with it (:mod:`capsonnx.preparation.shadow`);
2. the noise is measured where the page is darker than its ground, for there is no ink in that half; what stands out of
   it and hangs together is ink, the rest becomes 0; specks, much smaller than the symbols, become 0 as well;
3. rules are taken away: printed lines, squares and boxes (:mod:`capsonnx.preparation.rules`);
4. if the symbols are clearly larger or smaller than asked for, the page is resized;
5. strokes much thinner than MNIST's are thickened;
6. the ink is scaled to be as bright as MNIST's.
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
"""When a page is prepared: ``auto`` prepares those that :func:`capsonnx.preparation.needs_preparation` names; the
others have their rules taken away, and are resized if their symbols are of quite another size."""

BRIGHT = 80.0
"""The percentile of the ink that becomes 255, ..."""
FAINT = 128
"""... of clean pages only if they were shrunk, and it is fainter than this."""
STROKE = 2.0
"""The mean width in pixels of MNIST's strokes, as :func:`_stroke` measures it."""
BAND = (0.87, 1.15)
"""Between these scales a scan is not resized."""
LARGEST = 1 << 22
"""The most pixels that a page is enlarged to: of so many, a network takes some 3 GB."""


@dataclass(frozen=True, eq=False)
class Prepared:
    """A prepared page.

    Attributes:
        levels: (height, width) uint8, light ink on black.
        scale: pixels of ``levels`` per pixel of the page as it was given; 1.0 unless it was resized.
        offset: what x and y of ``levels`` lack of those on the resized page, at most half a pixel each: the ink of
            ``levels`` begins with a whole one.
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
        levels: (height, width) uint8, light ink on a dark ground, as :func:`capsonnx.images.load_grey` gives it.
        mode: see :data:`Preparation`; ``off`` gives the page back.
        symbol: the longer side in pixels that symbols should have, or None to keep the size of the page.
        widest: the greatest width of a symbol by its height: what is wider is taken for several that touch.

    Returns:
        The page as the network likes it; ``levels`` itself where nothing was done. One that has to be prepared, and
        holds no ink, is all black.

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
    """Refuse, by an InputError, a mode or a size of symbols that :func:`prepare` does not take."""
    require_choice("preparation", mode, Preparation)
    if symbol is not None and not 1 <= symbol <= 10_000:
        raise InputError(f"symbol {symbol!r}", expected="a size in pixels in 1..10000, or None", remedy="pass one")


def _clean(levels: NDArray[np.uint8], symbol: float | None, widest: float) -> Prepared:
    """A page whose ground is black already: it may be ruled, or its symbols far too large or small."""
    boxes = find_components(levels > STRONG).boxes
    page = unruled(levels, boxes, widest)
    if page is not levels:
        levels, boxes = page, find_components(page > STRONG).boxes
    if symbol is None:
        return Prepared(levels)
    scale = _at_most(clean_scale(boxes[~are_frames(boxes)], symbol, widest), levels.size)
    if scale == 1:
        return Prepared(levels)
    # The ink alone is resized, and put where it belongs to the pixel: so the black around it changes nothing.
    rows, columns = bounding_box(levels)
    resized = np.rint(_resized(levels[rows, columns].astype(np.float32), scale)).astype(np.uint8)
    top, left = rows.start * scale, columns.start * scale
    row, col = round(top), round(left)
    height, width = (round(side * scale) for side in levels.shape)
    page = np.zeros((max(height, row + len(resized)), max(width, col + resized.shape[1])), np.uint8)
    page[row : row + len(resized), col : col + resized.shape[1]] = resized
    # Thin strokes grow faint when they shrink.
    is_faint = scale < 1 and _full(page) < FAINT
    page = _thickened(_brightened(page.astype(np.float32)), symbol) if is_faint else page
    return Prepared(page, scale, (left - col, top - row))


def _scale(size: float, symbol: float | None) -> float:
    """By what to resize a scan whose symbols are of that size in pixels, or 0 if there are none."""
    if symbol is None or not size or BAND[0] <= symbol / size <= BAND[1]:
        return 1.0
    return symbol / size


def _at_most(scale: float, pixels: int) -> float:
    """A scale by which a page of so many pixels is not enlarged beyond :data:`LARGEST`."""
    return float(min(scale, max(1.0, (LARGEST / pixels) ** 0.5)))


def _resized(ink: NDArray[np.float32], scale: float) -> NDArray[np.float32]:
    if scale == 1:
        return ink
    height, width = (max(1, round(side * scale)) for side in ink.shape)
    # Pillow's bilinear filter averages when it shrinks and rings nowhere: black stays black.
    return np.asarray(Image.fromarray(ink).resize((width, height), Image.Resampling.BILINEAR))


def _brightened(ink: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Scaled so that strokes reach 255, as MNIST's do."""
    levels: NDArray[np.uint8] = np.rint((ink * (255 / _full(ink))).clip(0, 255)).astype(np.uint8)
    return levels


def _full(ink: NDArray[Any]) -> float:
    """The level that strokes reach; 1 without ink."""
    inked = ink[ink > 0]
    return float(np.percentile(inked, BRIGHT)) if inked.size else 1.0


def _stroke(levels: NDArray[np.uint8]) -> float:
    """The mean width in pixels of the strokes, twice their area by their outline; infinite without ink."""
    ink = np.pad(levels > 127, 1)
    outline = np.count_nonzero(ink[1:] != ink[:-1]) + np.count_nonzero(ink[:, 1:] != ink[:, :-1])
    return 2 * np.count_nonzero(ink) / outline if outline else np.inf


def _thickened(levels: NDArray[np.uint8], size: float) -> NDArray[np.uint8]:
    """With thin strokes widened by two or four pixels, where symbols are of that size in pixels."""
    lacking = STROKE * size / SYMBOL - _stroke(levels)
    image = Image.fromarray(levels)
    for _ in range(min(2, max(0, round(lacking / 2)))) if np.isfinite(lacking) else ():
        image = image.filter(ImageFilter.MaxFilter(3))
    return np.array(image)
