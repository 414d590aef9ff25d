"""Many small pages prepared at once: laid below each other in one column, those are told that need no preparation.

One by one, the calls alone that judge a page of one or two digits take twice as long as to decode its file. Most pages
of clean images need nothing, and that can be told of a whole column in hardly more time than of one of its pages.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from capsonnx.contract import WIDEST
from capsonnx.masks import find_components
from capsonnx.preparation.clean import HAZE, REACH, STRONG, most_inked, near_ink
from capsonnx.preparation.page import Preparation, Prepared, check_choices, prepare
from capsonnx.preparation.rules import SHORTEST
from capsonnx.preparation.sizes import SYMBOL, are_fit, longest_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["clean", "prepare_all"]

LARGEST = 128
"""Pixels, the longest side of a page that is laid in the column: larger ones take their time anyway."""


def prepare_all(
    pages: Sequence[NDArray[np.uint8]],
    *,
    mode: Preparation = "auto",
    symbol: float | None = SYMBOL,
    widest: float = WIDEST,
) -> list[Prepared]:
    """What :func:`capsonnx.preparation.prepare` gives for each of some pages, sooner.

    Args:
        pages: each (height, width) uint8, light ink on a dark ground.
        mode: see :data:`capsonnx.preparation.Preparation`.
        symbol: the longer side in pixels that symbols should have, or None to keep the size of the pages.
        widest: the greatest width of a symbol by its height.

    Raises:
        InputError: as by :func:`capsonnx.preparation.prepare`.
    """
    check_choices(mode, symbol)
    spared = [False] * len(pages)
    small = [number for number, page in enumerate(pages) if max(page.shape) <= LARGEST]
    if mode == "auto" and len(small) > 1:
        for number, is_clean in zip(small, clean([pages[number] for number in small], symbol, widest), strict=True):
            spared[number] = is_clean
    return [
        Prepared(page) if is_spared else prepare(page, mode=mode, symbol=symbol, widest=widest)
        for page, is_spared in zip(pages, spared, strict=True)
    ]


def clean(pages: Sequence[NDArray[np.uint8]], symbol: float | None = SYMBOL, widest: float = WIDEST) -> list[bool]:
    """Which pages ``prepare`` is sure to give back as they are; of some others, too, only it can tell.

    Args:
        pages: at least one, each (height, width) uint8, light ink on a dark ground.
        symbol: the longer side in pixels that symbols should have, or None for any.
        widest: the greatest width of one by its height.

    >>> page = np.zeros((28, 28), np.uint8)
    >>> page[4:24, 12:15] = 255
    >>> clean([page, page + np.uint8(9), page[:20]]), clean([page[:20]], symbol=None)
    ([True, False, True], [True])
    """
    heights = np.array([len(page) for page in pages])
    widths = np.array([page.shape[1] for page in pages])
    # So far apart that the ink of one page is not near another.
    tops = np.cumsum(heights + REACH) - (heights + REACH)
    column = np.zeros((tops[-1] + heights[-1], widths.max()), np.uint8)
    for top, page in zip(tops.tolist(), pages, strict=True):
        column[top : top + len(page), : page.shape[1]] = page
    strong, inked = column > STRONG, column > 0
    haze = inked & ~near_ink(strong)
    inks, hazes = (np.add.reduceat(np.count_nonzero(mask, axis=1), tops) for mask in (inked, haze))
    spared = (inks <= most_inked(heights, widths)) & (hazes <= HAZE * heights * widths)
    boxes = find_components(strong).boxes
    page_of = np.searchsorted(tops, boxes[:, 1], side="right") - 1
    # It may be a rule, or hold one.
    spared[page_of[longest_of(boxes) >= SHORTEST]] = False
    if symbol is not None:
        spared[page_of[~are_fit(boxes, symbol, widest)]] = False
    return [bool(one) for one in spared]
