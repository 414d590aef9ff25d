"""What was read from one image: the classes in it, and its symbols, arranged in lines.

Symbols at about the same height form a line. Lines run from left to right and follow each other from top to bottom.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from capsonnx.symbols import Symbol

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from capsonnx.contract import Contract

__all__ = ["Found", "Reading", "in_lines", "read_scores"]

Lines: TypeAlias = tuple[tuple[Symbol, ...], ...]


@dataclass(frozen=True)
class Found:
    """A class that is in the image, and its score in 0..1."""

    label: str
    score: float


@dataclass(frozen=True)
class Reading:
    """What was read from one image.

    Attributes:
        height: the height in pixels of the image as it was read: after a resize, before any padding.
        width: the width in pixels of the image as it was read.
        found: the classes that are in the image, the highest score first.
        scores: the score in 0..1 of every class, in the order of the model's labels.
        lines: the symbols, from left to right in lines from top to bottom, or None if the model does not locate them.
    """

    height: int
    width: int
    found: tuple[Found, ...]
    scores: Mapping[str, float]
    lines: Lines | None = None

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels of the classes found, the highest score first."""
        return tuple(found.label for found in self.found)

    @property
    def symbols(self) -> tuple[Symbol, ...]:
        """All symbols, line by line; empty if the model does not locate them."""
        return tuple(symbol for line in self.lines or () for symbol in line)

    @property
    def text(self) -> str | None:
        """The labels in reading order, with a line break between lines, or None if the model does not locate symbols.

        If any label of the model, on the page or not, has several characters, all labels are separated by spaces.

        >>> from capsonnx.symbols import Box
        >>> here = Box(0.0, 0.0, 20.0, 28.0)
        >>> Reading(28, 56, (), {}, ((Symbol("4", 0.9, here), Symbol("2", 0.8, here)),)).text
        '42'
        """
        if self.lines is None:
            return None
        space = " " if any(len(label) > 1 for label in self.scores) else ""
        return "\n".join(space.join(symbol.label for symbol in line) for line in self.lines)


def read_scores(
    lengths: Iterable[float],
    contract: Contract,
    *,
    size: tuple[int, int],
    threshold: float | None = None,
    lines: Lines | None = None,
) -> Reading:
    """Make a reading from the scores of one image.

    A class is in the image if a symbol of it was read there. If symbols were not located, or a threshold is passed, it
    is in the image if its score is above the threshold. These scores are for the image as a whole, where every symbol
    adds a little to the scores of wrong classes: the more symbols there are, the less often such a set of classes is
    right.

    Args:
        lengths: (class,) in 0..1, one row of :attr:`capsonnx.contract.Scores.lengths`.
        contract: provides the labels, and the threshold unless one is passed.
        size: the height and width in pixels of the image as it was read.
        threshold: the score in 0..1 above which a class is in the image; None: the classes of ``lines``, or, without
            these, those above the contract's threshold.
        lines: the symbols, if they were located.

    >>> from capsonnx.contract import Contract
    >>> read_scores([0.75, 0.25, 1.0], Contract(labels=("a", "b", "c")), size=(28, 28)).labels
    ('c', 'a')
    """
    scores = {label: float(score) for label, score in zip(contract.labels, lengths, strict=True)}
    if threshold is None and lines is not None:
        present = {symbol.label for line in lines for symbol in line}
    else:
        least = contract.threshold if threshold is None else threshold
        present = {label for label, score in scores.items() if score > least}
    found = [Found(label, score) for label, score in scores.items() if label in present]
    return Reading(*size, tuple(sorted(found, key=lambda one: -one.score)), scores, lines)


def in_lines(symbols: Iterable[Symbol], *, height: float) -> Lines:
    """Arrange symbols in reading order.

    From left to right, each symbol joins the line whose last symbol is vertically nearest, if their centres differ by
    less than half of ``height``; otherwise it starts a new line. So lines may slope.

    Args:
        symbols: the symbols, in any order.
        height: the height of a window, in pixels of the boxes.

    Returns:
        Lines from top to bottom by the mean vertical position of their symbols, each from left to right.

    >>> from capsonnx.symbols import Box
    >>> boxes = {"a": Box(0, 0, 20, 20), "b": Box(30, 4, 50, 24), "c": Box(5, 40, 25, 60)}
    >>> lines = in_lines([Symbol(label, 1.0, box) for label, box in boxes.items()], height=28)
    >>> [[symbol.label for symbol in line] for line in lines]
    [['a', 'b'], ['c']]
    """
    lines: list[list[Symbol]] = []
    for symbol in sorted(symbols, key=lambda one: (one.box.centre, one.label)):
        _, y = symbol.box.centre
        distances = [abs(y - line[-1].box.centre[1]) for line in lines]
        if distances and min(distances) < height / 2:
            lines[distances.index(min(distances))].append(symbol)
        else:
            lines.append([symbol])
    lines.sort(key=lambda line: sum(symbol.box.centre[1] for symbol in line) / len(line))
    return tuple(tuple(line) for line in lines)
