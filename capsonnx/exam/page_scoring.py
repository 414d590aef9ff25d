"""Score the reading of pages, as text and symbol by symbol.

A reading is a sequence of labels, with a line break as an additional label between lines. If all labels are single
characters, it can be a plain string.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from capsonnx.exam.pages import Placed
    from capsonnx.symbols import Symbol

__all__ = [
    "PageResult",
    "character_error_rate",
    "edit_distance",
    "exact_strings",
    "joined",
    "match_symbols",
]


@dataclass(frozen=True)
class PageResult:
    """The result of a reader in a page exam.

    Attributes:
        name: the name of the exam.
        pages: the number of pages.
        symbols: the number of symbols on all pages.
        exact: the share in 0..1 of pages read without a mistake, see :func:`exact_strings`; if the pages have no
            symbols, the share on which none was found. None if the symbols have no reading order.
        character_errors: see :func:`character_error_rate`. None if the symbols have no reading order, or there are
            none.
        precision: the share in 0..1 of the found symbols that are right, see :func:`match_symbols`. None if none were
            found.
        recall: the share in 0..1 of the symbols in the exam that were found. None if it has none.
        false_per_megapixel: the number of found symbols that are not right per million pixels.
        seconds: the time spent on reading, without composing the pages and without the untimed first batch.
        pages_per_second: the number of pages divided by ``seconds``.
    """

    name: str
    pages: int
    symbols: int
    exact: float | None
    character_errors: float | None
    precision: float | None
    recall: float | None
    false_per_megapixel: float
    seconds: float
    pages_per_second: float


def joined(lines: Iterable[Iterable[str]]) -> tuple[str, ...]:
    r"""Join the labels of lines into one reading.

    >>> joined([["1", "2"], ["3"]])
    ('1', '2', '\n', '3')
    """
    labels = [label for line in lines for label in ("\n", *line)]
    return tuple(labels[1:])


def edit_distance(one: Sequence[str], other: Sequence[str]) -> int:
    """The minimum number of labels to insert, delete or replace in order to turn one reading into the other.

    Source: Levenshtein 1966, computed row by row as in Wagner and Fischer 1974.

    >>> edit_distance("31415", "3145"), edit_distance("12", "21"), edit_distance("", "7")
    (1, 2, 1)
    """
    above = list(range(len(other) + 1))
    for row, label in enumerate(one, start=1):
        current = [row]
        for column, against in enumerate(other, start=1):
            replaced = above[column - 1] + (label != against)
            current.append(min(replaced, above[column] + 1, current[-1] + 1))
        above = current
    return above[-1]


def exact_strings(found: Sequence[Sequence[str]], truth: Sequence[Sequence[str]]) -> float:
    """The share in 0..1 of pages that were read without a mistake.

    Args:
        found: the reading of each page, of at least one.
        truth: the true reading of each page.

    >>> exact_strings(["12", "3"], ["12", "33"])
    0.5
    """
    return sum(list(one) == list(other) for one, other in zip(found, truth, strict=True)) / len(truth)


def character_error_rate(found: Sequence[Sequence[str]], truth: Sequence[Sequence[str]]) -> float | None:
    """The total edit distance of all pages divided by the total length of their true readings.

    0 is perfect, 1 is as bad as reading nothing, and more than 1 is possible if too much is read. A line break counts
    as a label.

    Args:
        found: the reading of each page.
        truth: the true reading of each page.

    Returns:
        A rate of at least 0, or None if all true readings are empty.

    >>> character_error_rate(["12", "3"], ["12", "33"])
    0.25
    """
    length = sum(map(len, truth))
    if not length:
        return None
    return sum(edit_distance(one, other) for one, other in zip(found, truth, strict=True)) / length


def match_symbols(
    found: Sequence[Symbol], truth: Sequence[Placed], labels: Sequence[str], *, within: float
) -> list[tuple[int, int]]:
    """Match the symbols found on a page with the true ones, each with at most one.

    Two symbols match if they have the same label and the centre of the found box is close enough to the true place. The
    closest pairs are matched first.

    Args:
        found: the symbols found, in any order.
        truth: the true symbols, in any order.
        labels: the class names, in the order of the class numbers.
        within: the maximum distance in pixels.

    Returns:
        The indices into ``found`` and ``truth`` of each match, in ascending order of distance.

    >>> from capsonnx.exam.pages import Placed
    >>> from capsonnx.symbols import Box, Symbol
    >>> found = [Symbol("b", 0.9, Box(4, 0, 32, 28)), Symbol("b", 0.8, Box(0, 0, 28, 28))]
    >>> match_symbols(found, [Placed(1, 14.0, 14.0)], ["a", "b"], within=7)
    [(1, 0)]
    """
    distances = [
        (math.dist(symbol.box.centre, (placed.x, placed.y)), here, there)
        for (here, symbol), (there, placed) in product(enumerate(found), enumerate(truth))
        if symbol.label == labels[placed.target]
    ]
    matches: dict[int, int] = {}
    for distance, here, there in sorted(distances):
        if distance <= within and here not in matches and there not in matches.values():
            matches[here] = there
    return list(matches.items())
