"""Preparing a scanned page: from light ink on an uneven, noisy ground to bright ink on exact black, of MNIST's size.

A network without biases sees nothing in black, but everything in grey. So, in this order:

1. the ground is estimated (:mod:`capsonnx.preparation.ground`) and subtracted, shadows with it
   (:mod:`capsonnx.preparation.shadow`);
2. the noise is measured where the page is darker than its ground, for there is no ink in that half; what stands out of
   it and hangs together is ink, the rest becomes 0; specks, much smaller than the symbols, become 0 as well;
3. rules are taken away: printed lines, squares and boxes (:mod:`capsonnx.preparation.rules`);
4. if the symbols are clearly larger or smaller than asked for, the page is resized;
5. strokes much thinner than MNIST's are thickened;
6. the ink is scaled to be as bright as MNIST's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

import numpy as np
from PIL import Image, ImageFilter

from capsonnx.components import find_components
from capsonnx.errors import InputError
from capsonnx.preparation.ground import estimate_ground, noise_of
from capsonnx.preparation.paper import find_paper
from capsonnx.preparation.rules import SHORTEST, Rules, find_rules, symbol_size
from capsonnx.preparation.shadow import has_shadow, shadowed_ground
from capsonnx.preparation.sizes import are_frames, clean_sizes, longest_of, middle, sides_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from capsonnx.components import Components

__all__ = ["Preparation", "Prepared", "check_choices", "needs_preparation", "prepare"]

Preparation: TypeAlias = Literal["auto", "on", "off"]
"""When a page is prepared: ``auto`` prepares those that :func:`needs_preparation` names; the others have their rules
taken away, and are resized if their symbols are of quite another size."""

BILINEAR = Image.Resampling.BILINEAR
SYMBOL = 20
"""Pixels of an MNIST digit's longer side."""

STRONG = 63
"""Above this level a pixel of a clean page is ink for certain."""
REACH = 4
"""Pixels: fainter ones so near to strong ink belong to its strokes."""
INKED, HAZE = 0.5, 0.02
"""The greatest share of pixels, of those that are not 0, and of such without ink near, on a page of black ground."""
FILLED = 0.95
"""The same of those that are not 0, on a page that is cut close to its symbols: the first share is of more then."""

# Chosen on pages of MNIST training digits, degraded by capsonnx.exam.degrade.
LOW, HIGH = 2.5, 6.0
"""Ink is what reaches LOW times the noise, joined with a pixel that reaches HIGH times the noise, ..."""
LOW_SHARE, HIGH_SHARE = 0.15, 0.35
"""... and these shares of the page's strong ink."""
SPECK = 0.25
"""The longer side, in symbols, below which a component is a speck."""
BREADTH, LEAST_BREADTH, NARROWER = 0.5, 3, 0.8
"""What is broader than this part of a symbol, and so many pixels, is no stroke but a shadow; and when such a shadow is
taken away, and symbols turn out to be smaller by this factor, it is looked at once more."""
SHARP = 0.8
"""What is darker than the page without fine noise, by this factor, is not of a rule, but only beside one."""
BRIGHT = 80.0
"""The percentile of the ink that becomes 255."""
STROKE = 2.0
"""The mean width in pixels of MNIST's strokes, as :func:`_stroke` measures it."""
SKIRT = 2
"""Pixels by which blur makes a component longer than its symbol."""
BAND = (0.87, 1.15)
"""Between these scales a scan is not resized."""
LARGEST = 1 << 26
"""The most pixels that a page is enlarged to."""


@dataclass(frozen=True, eq=False)
class Prepared:
    """A prepared page.

    Attributes:
        levels: (height, width) uint8, light ink on black.
        scale: pixels of ``levels`` per pixel of the page as it was given; 1.0 unless it was resized.
    """

    levels: NDArray[np.uint8]
    scale: float = 1.0


def prepare(levels: NDArray[np.uint8], *, mode: Preparation = "auto", symbol: float | None = SYMBOL) -> Prepared:
    """Prepare one page.

    Args:
        levels: (height, width) uint8, light ink on a dark ground, as :func:`capsonnx.images.load_grey` gives it.
        mode: see :data:`Preparation`; ``off`` gives the page back.
        symbol: the longer side in pixels that symbols should have, or None to keep the size of the page.

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
        return _clean(levels, symbol)
    ink, size = _ink_on_paper(levels)
    scale = _scale(size, symbol, levels.size)
    return Prepared(_thickened(_brightened(_resized(ink, scale)), size * scale), scale)


def check_choices(mode: str, symbol: float | None) -> None:
    """Refuse, by an InputError, a mode or a size of symbols that :func:`prepare` does not take."""
    if mode not in get_args(Preparation):
        raise InputError(
            f"preparation {mode!r}", expected=f"one of {', '.join(get_args(Preparation))}", remedy="pass one"
        )
    if symbol is not None and not 1 <= symbol <= 10_000:
        raise InputError(f"symbol {symbol!r}", expected="a size in pixels in 1..10000, or None", remedy="pass one")


def needs_preparation(levels: NDArray[np.uint8]) -> bool:
    """Whether a page's ground is anything but exact black.

    It is black if most pixels are 0 and hardly any is faint without ink near it. A page that is cut close to its
    symbols is judged as with a margin around it.

    Args:
        levels: (height, width) uint8, light ink on a dark ground.

    >>> page = np.zeros((40, 40), np.uint8)
    >>> page[10:30, 19:22] = 255
    >>> needs_preparation(page), needs_preparation(page + np.uint8(9))
    (False, True)
    """
    inked = levels > 0
    if np.count_nonzero(inked) > most_inked(*np.array(levels.shape)):
        return True
    haze = inked & ~near_ink(levels > STRONG)
    return bool(np.count_nonzero(haze) > HAZE * levels.size)


def most_inked(height: NDArray[np.int64], width: NDArray[np.int64]) -> NDArray[np.float64]:
    """The most pixels that are not 0, on pages of black ground of so many pixels; any shape.

    >>> most_inked(np.array([20, 200]), np.array([16, 200])).tolist()
    [304.0, 21632.0]
    """
    most: NDArray[np.float64] = np.minimum(INKED * (height + 2 * REACH) * (width + 2 * REACH), FILLED * height * width)
    return most


def near_ink(strong: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Where a pixel of strong ink lies within :data:`REACH` pixels, down and to the side; of (height, width) bool."""
    image = Image.fromarray(strong.view(np.uint8) * np.uint8(255))
    near: NDArray[np.bool_] = np.asarray(image.filter(ImageFilter.BoxBlur(REACH))) > 0
    return near


def _clean(levels: NDArray[np.uint8], symbol: float | None) -> Prepared:
    """A page whose ground is black already: it may be ruled, or its symbols far too large or small."""
    boxes = find_components(levels > STRONG).boxes
    if (longest_of(boxes) >= SHORTEST).any() and (rules := _clean_rules(levels)) is not None:
        levels = np.rint(rules.erased(levels.astype(np.float32))).astype(np.uint8)
        boxes = find_components(levels > STRONG).boxes
    sizes = clean_sizes(boxes[~are_frames(boxes)])
    scales = [_scale(middle(sides), symbol, levels.size, band=band) for sides, band in sizes]
    scale = next((one for one in scales if one != 1), 1.0)
    if scale == 1:
        return Prepared(levels)
    # The ink alone is resized, and put where it belongs to the pixel: so the black around it changes nothing.
    rows, cols = (np.flatnonzero(levels.any(axis=axis)) for axis in (1, 0))
    ink = levels[rows[0] : rows[-1] + 1, cols[0] : cols[-1] + 1]
    resized = np.rint(_resized(ink.astype(np.float32), scale)).astype(np.uint8)
    row, col = round(rows[0] * scale), round(cols[0] * scale)
    height, width = (round(side * scale) for side in levels.shape)
    page = np.zeros((max(height, row + len(resized)), max(width, col + resized.shape[1])), np.uint8)
    page[row : row + len(resized), col : col + resized.shape[1]] = resized
    return Prepared(page, scale)


def _ink_on_paper(levels: NDArray[np.uint8]) -> tuple[NDArray[np.float32], float]:
    """What :func:`_ink` gives, of the paper alone if the page shows more."""
    paper = find_paper(levels)
    if paper is None:
        return _ink(levels)
    ink, size = _ink(paper.cut_out(levels))
    page = np.zeros(levels.shape, np.float32)
    page[paper.box] = np.where(paper.inside[paper.box], ink, 0)
    return page, size


def _ink(
    levels: NDArray[np.uint8], *, ruled: bool = True, breadth: int | None = None
) -> tuple[NDArray[np.float32], float]:
    """What the ink adds to the ground, (height, width) float32 from 0, and the size of the symbols in pixels or 0.

    If the page may be ruled, its rules are taken away. Where symbols are large that is done at half the size, or less:
    there their edges are less ragged, and the gaps in pale ones closed. With a breadth in pixels, what is broader is
    taken for a shadow.
    """
    smooth = _smoothed(levels)
    ground, gain = (estimate_ground(smooth), np.float32(1)) if breadth is None else shadowed_ground(smooth, breadth)
    excess = (smooth - ground) * gain
    strokes = _strokes(excess)
    if strokes is None:
        return np.zeros_like(excess), 0.0
    found, chosen = strokes
    boxes = found.boxes[chosen]
    size = middle(sides_of(boxes[~are_frames(boxes)], skirt=SKIRT))
    narrower = round(BREADTH * size)
    if narrower >= LEAST_BREADTH and (
        has_shadow(smooth, ground, narrower) if breadth is None else narrower < NARROWER * breadth
    ):
        return _ink(levels, ruled=ruled, breadth=narrower)
    added = (levels - ground).clip(0)
    ink = added * gain
    rules = find_rules(found.mask(chosen) & (ink > SHARP * excess)) if ruled else None
    if rules is not None:
        # They were taken for ground or noise, in part: so once more from the start.
        unruled = np.rint(levels - added + rules.widened().erased(added)).astype(np.uint8)
        rest, size = _ink(unruled, ruled=False, breadth=breadth)
        if size > 3 * SYMBOL:
            half, half_size = _ink(np.asarray(Image.fromarray(levels).reduce(2)))
            if half_size >= SYMBOL:
                return np.asarray(Image.fromarray(half).resize(levels.shape[::-1], BILINEAR)), 2 * half_size
        return rest, size
    left, top, right, bottom = found.boxes.T
    chosen &= np.maximum(right - left, bottom - top) >= SPECK * size
    return np.where(found.mask(chosen), ink, 0).astype(np.float32), size


def _strokes(excess: NDArray[np.float32]) -> tuple[Components, NDArray[np.bool_]] | None:
    """What hangs together and stands out of the noise, and which of it is strong enough to be ink; None if nothing."""
    noise = noise_of(excess)
    strong = excess[excess > HIGH * noise]
    if not strong.size:
        return None
    full = float(np.percentile(strong, 75))
    found = find_components(excess > max(LOW * noise, LOW_SHARE * full))
    return found, found.peaks(excess) > max(HIGH * noise, HIGH_SHARE * full)


def _clean_rules(levels: NDArray[np.uint8]) -> Rules | None:
    """Of a page whose ground is black: those of all its ink, and, where it is not exact, of what is sharp of it."""
    components = find_components(levels > 0)
    # Not the haze around a symbol, by whose size it would be a frame with small symbols in it.
    inked = components.mask(components.peaks(levels.astype(np.float32)) > STRONG)
    # What is sharp of a symbol are often pieces of it, by whose size its strokes would be rules.
    size = symbol_size(find_components(inked))
    exact, sharp = find_rules(inked), find_rules(inked & (levels > SHARP * _smoothed(levels)), smallest=size)
    found = [rules for rules in (exact, sharp and sharp.widened()) if rules is not None]
    if not found:
        return None
    return Rules(np.any([one.level for one in found], axis=0), np.any([one.upright for one in found], axis=0))


def _smoothed(levels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Without fine noise."""
    return np.asarray(Image.fromarray(levels).filter(ImageFilter.BoxBlur(1)), np.float32)


def _scale(size: float, symbol: float | None, pixels: int, *, band: tuple[float, float] = BAND) -> float:
    """By what to resize a page of so many pixels."""
    if symbol is None or not size or band[0] <= symbol / size <= band[1]:
        return 1.0
    return float(min(symbol / size, max(1.0, (LARGEST / pixels) ** 0.5)))


def _resized(ink: NDArray[np.float32], scale: float) -> NDArray[np.float32]:
    if scale == 1:
        return ink
    height, width = (max(1, round(side * scale)) for side in ink.shape)
    # Pillow's bilinear filter averages when it shrinks and rings nowhere: black stays black.
    return np.asarray(Image.fromarray(ink).resize((width, height), BILINEAR))


def _brightened(ink: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Scaled so that strokes reach 255, as MNIST's do."""
    inked = ink[ink > 0]
    full = float(np.percentile(inked, BRIGHT)) if inked.size else 1.0
    levels: NDArray[np.uint8] = np.rint((ink * (255 / full)).clip(0, 255)).astype(np.uint8)
    return levels


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
