"""Turn an image of any kind into the page that a network reads, and map boxes on the page back to the image."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np
from PIL.Image import Image as PillowImage

from capsonnx.errors import ImageError, InputError
from capsonnx.images import Polarity, as_grey, load_grey, pad_to, pillow_warnings_ignored
from capsonnx.masks import bounding_box
from capsonnx.preparation import check_choices, prepare_all
from capsonnx.runtime.options import DEFAULTS, ReadingOptions
from capsonnx.symbols import Box

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import BinaryIO, TypeAlias

    from numpy.typing import ArrayLike, NDArray

    from capsonnx.contract import Contract

    Size: TypeAlias = tuple[int, int]
    Image: TypeAlias = str | Path | bytes | BinaryIO | PillowImage | ArrayLike

__all__ = ["Page", "grey", "load_page", "load_pages", "place"]

MARGINS = (6, 10)
"""Margins around the ink in pixels, vertical and horizontal; a window around a symbol at the edge sees them."""

STEP = 8
"""Sides are rounded up to multiples of this many pixels, so that more pages share a shape and fit into one batch."""


@dataclass(frozen=True, eq=False)
class Page:
    """A page ready for the network.

    Attributes:
        levels: (height, width) uint8, light ink on black.
        size: the height and width in pixels of the image as it was read.
        origin: the x and y, in pixels of the prepared image, of the upper left corner of ``levels``.
        scale: pixels of ``levels`` per pixel of the image as it was read.
        offset: see :class:`capsonnx.preparation.Prepared`.
    """

    levels: NDArray[np.uint8]
    size: tuple[int, int]
    origin: tuple[int, int] = (0, 0)
    scale: float = 1.0
    offset: tuple[float, float] = (0.0, 0.0)

    def original(self, box: Box) -> Box:
        """Convert a box from pixels of ``levels`` to pixels of the image as it was read.

        >>> Page(np.zeros((28, 28), np.uint8), (100, 100), (10, 40), 2.0).original(Box(0.0, 0.0, 20.0, 28.0))
        Box(left=5.0, top=20.0, right=15.0, bottom=34.0)
        """
        x, y, scale = self.origin[0] + self.offset[0], self.origin[1] + self.offset[1], self.scale
        return Box((box.left + x) / scale, (box.top + y) / scale, (box.right + x) / scale, (box.bottom + y) / scale)


def load_page(
    source: Image, contract: Contract, options: ReadingOptions = DEFAULTS, *, size: Size | None = None
) -> Page:
    """Load, prepare and place one image.

    Args:
        source: a path, an open file or its bytes, or a Pillow image, as :func:`capsonnx.images.load_grey` accepts them;
            or an array or nested lists, as :func:`capsonnx.images.as_grey` accepts them.
        contract: the contract of the model that will read the page.
        options: how to read the image; the threshold is not used here.
        size: the only height and width in pixels that the model accepts, or None if it accepts any.

    Raises:
        ImageError: the file cannot be read, or does not fit on a page of that size.
        InputError: the array is not an image, or an option has an invalid value.
    """
    [page] = _pages([grey(source, polarity=options.polarity, height=options.height)], contract, options, size)
    if isinstance(page, ImageError):
        raise page
    return page


def load_pages(
    sources: Iterable[Image],
    contract: Contract,
    options: ReadingOptions = DEFAULTS,
    *,
    pixels: int,
    size: Size | None = None,
) -> list[Page | ImageError]:
    """Load, prepare and place images until together they have at least ``pixels`` pixels.

    At least one image is loaded, if there is any.

    Args:
        sources: see :func:`load_page`.
        contract: the contract of the model that will read the pages.
        options: how to read the images; the threshold is not used here.
        pixels: the total number of pixels at which loading stops.
        size: see :func:`load_page`.

    Returns:
        For each image loaded, its page, or the error that explains why there is none.

    Raises:
        InputError: an array is not an image, or an option has an invalid value.
    """
    with pillow_warnings_ignored():
        loaded = _loaded(sources, options, pixels)
    pages = iter(_pages([one for one in loaded if not isinstance(one, ImageError)], contract, options, size))
    return [one if isinstance(one, ImageError) else next(pages) for one in loaded]


def _loaded(sources: Iterable[Image], options: ReadingOptions, pixels: int) -> list[NDArray[np.uint8] | ImageError]:
    """Load the grey levels of images until together they have at least ``pixels`` pixels."""
    loaded: list[NDArray[np.uint8] | ImageError] = []
    for source in sources:
        try:
            levels = grey(source, polarity=options.polarity, height=options.height)
        except ImageError as error:
            loaded.append(error)
            continue
        loaded.append(levels)
        pixels -= levels.size
        if pixels <= 0:
            break
    return loaded


def _pages(
    images: list[NDArray[np.uint8]], contract: Contract, options: ReadingOptions, size: Size | None
) -> list[Page | ImageError]:
    """Prepare and place images given as grey levels."""
    if contract.windows is None or not contract.windows.silent_black:
        check_choices(options.preparation, None)
        if options.preparation == "on":
            raise InputError(
                "preparation 'on', with a network that reads something in black",
                expected="'auto' or 'off': what it lays around the ink would be read",
                remedy="pass one, or train by the default recipe",
            )
        return [_padded(levels, contract.smallest, size) for levels in images]
    windows = contract.windows
    symbol = windows.symbol if options.height is None else None
    prepared_all = prepare_all(images, mode=options.preparation, symbol=symbol, widest=windows.widest)
    pages: list[Page | ImageError] = []
    for levels, prepared in zip(images, prepared_all, strict=True):
        try:
            placed, origin = place(prepared.levels, contract.smallest, size)
        except ImageError as error:
            pages.append(error)
        else:
            pages.append(Page(placed, _size(levels), origin, prepared.scale, prepared.offset))
    return pages


def _padded(levels: NDArray[np.uint8], smallest: int, size: Size | None) -> Page | ImageError:
    """Take the whole image, for a network that responds to black. If it is too small, pad it as little as possible."""
    padded, given = pad_to(levels, smallest), _size(levels)
    if size is not None and padded.shape != size:
        return _misfit(f"an image of {given[0]}×{given[1]} pixels", size)
    down, across = ((after - before) // 2 for after, before in zip(padded.shape, given, strict=True))
    return Page(padded, given, (-across, -down))


def _misfit(what: str, size: Size) -> ImageError:
    return ImageError(
        f"{what}, height × width, for a model of one size",
        expected=f"what fits {size[0]}×{size[1]}",
        remedy="crop or scale the image, or use a model of free sizes",
    )


def _size(levels: NDArray[np.uint8]) -> Size:
    return levels.shape[0], levels.shape[1]


def grey(source: Image, *, polarity: Polarity = "auto", height: int | None = None) -> NDArray[np.uint8]:
    """Load one image of any kind that a reader accepts, as grey levels.

    See :func:`capsonnx.images.load_grey` and :func:`capsonnx.images.as_grey`.
    """
    if isinstance(source, str):
        source = Path(source)
    elif isinstance(source, bytearray):
        source = bytes(source)
    if isinstance(source, Path | bytes | PillowImage):
        return load_grey(source, polarity=polarity, height=height)
    if hasattr(source, "read"):
        return load_grey(cast("BinaryIO", source), polarity=polarity, height=height)
    return as_grey(source, polarity=polarity, height=height)


def place(
    levels: NDArray[np.uint8], smallest: int = 14, size: Size | None = None
) -> tuple[NDArray[np.uint8], tuple[int, int]]:
    """Crop a page to its ink and place the ink on black, always at the same position, with a margin around it.

    The same ink therefore gives the same page, however much black surrounds it. For a network that does not respond to
    black, this neither adds nor removes anything.

    Args:
        levels: (height, width) uint8, light ink on black.
        smallest: the minimum height and width in pixels of the placed page.
        size: its exact height and width, or None for what the ink needs. Where there is less room, margins shrink.

    Returns:
        The placed page, and the position x, y on ``levels`` of its upper left corner.

    Raises:
        ImageError: the ink does not fit into ``size``.

    >>> page = np.zeros((200, 300), np.uint8)
    >>> page[50:70, 100:115] = 255
    >>> placed, origin = place(page)
    >>> placed.shape, origin
    ((32, 40), (90, 44))
    """
    box = bounding_box(levels)
    ink = levels[box]
    if size is None:
        needed = [max(smallest, side + 2 * margin) for side, margin in zip(ink.shape, MARGINS, strict=True)]
        sides = [-(-side // STEP) * STEP for side in needed]
    elif ink.shape[0] > size[0] or ink.shape[1] > size[1]:
        raise _misfit(f"ink of {ink.shape[0]}×{ink.shape[1]} pixels", size)
    else:
        sides = list(size)
    placed = np.zeros(sides, np.uint8)
    down, across = (min(margin, (side - own) // 2) for margin, side, own in zip(MARGINS, sides, ink.shape, strict=True))
    placed[down : down + ink.shape[0], across : across + ink.shape[1]] = ink
    return placed, (box[1].start - across, box[0].start - down)
