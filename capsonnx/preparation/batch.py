"""Prepare many small pages at once, skipping those that need no preparation.

On a page of one or two digits, just the function calls that decide whether it needs preparation take twice as long as
decoding its file. Most clean pages need none, and a whole column of pages is checked in hardly more time than one page.
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
"""The longest side in pixels of a page that is stacked in the column. Larger pages take long in any case."""


def prepare_all(
    pages: Sequence[NDArray[np.uint8]],
    *,
    mode: Preparation = "auto",
    symbol: float | None = SYMBOL,
    widest: float = WIDEST,
) -> list[Prepared]:
    """Prepare pages with the same results as :func:`capsonnx.preparation.prepare`, but faster.

    Args:
        pages: each (height, width) uint8, light ink on a dark background.
        mode: see :data:`capsonnx.preparation.Preparation`.
        symbol: the desired length in pixels of the longer side of symbols, or None to keep the size of the pages.
        widest: the largest ratio of a symbol's width to its height.

    Raises:
        InputError: as in :func:`capsonnx.preparation.prepare`.
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
    """Which pages ``prepare`` is certain to return unchanged. It may return others unchanged, too.

    Args:
        pages: at least one, each (height, width) uint8, light ink on a dark background.
        symbol: the desired length in pixels of the longer side of symbols, or None for any.
        widest: the largest ratio of a symbol's width to its height.

    >>> page = np.zeros((28, 28), np.uint8)
    >>> page[4:24, 12:15] = 255
    >>> clean([page, page + np.uint8(9), page[:20]]), clean([page[:20]], symbol=None)
    ([True, False, True], [True])
    """
    heights = np.array([len(page) for page in pages])
    widths = np.array([page.shape[1] for page in pages])
    # The gap keeps the ink of one page from being near another page.
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
    # A component this long may be a rule or contain one.
    spared[page_of[longest_of(boxes) >= SHORTEST]] = False
    if symbol is not None:
        spared[page_of[~are_fit(boxes, symbol, widest)]] = False
    return [bool(one) for one in spared]
