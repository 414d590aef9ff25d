"""Parity: the exported file computes what the torch network computes, measured over a grid of sizes and batches."""

from __future__ import annotations

import dataclasses
import functools
import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from capsonnx import datasets
from capsonnx.contract import EVIDENCE, OUTPUTS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from numpy.typing import NDArray

    from capsonnx.contract import Scorer

__all__ = ["TOLERANCE", "Case", "ParityReport", "grid_of", "measure_parity"]

TOLERANCE = 1e-5
"""The largest difference in any output that still counts as rounding, in float32 on a CPU."""

LENIENCY = {EVIDENCE: 10}
"""How many times the tolerance an output may differ. Evidence follows the coupling, a softmax of logits up to ten; on
512 x 512 pixels, these carry the rounding errors of sums over 60,000 columns."""

Shape: TypeAlias = tuple[int, int, int]

BATCHES = (1, 2, 3, 7, 16)


def grid_of(smallest: int = 14, size: tuple[int, int] | None = None) -> tuple[Shape, ...]:
    """The (batch, height, width) of every case: the smallest, odd, unequal and large sizes; one of them was traced.

    Args:
        smallest: the least side in pixels that the file takes, up to 28.
        size: the only height and width that the file takes, if there is only one; all cases then have this size.

    >>> grid_of(size=(28, 28))
    ((1, 28, 28), (2, 28, 28), (3, 28, 28), (7, 28, 28), (16, 28, 28))
    """
    if size is not None:
        return tuple((batch, *size) for batch in BATCHES)
    near = [(0, 0), (0, 1), (1, 0), (3, 9)]
    least = [*((smallest + down, smallest + across) for down, across in near), (61, smallest)]
    small = [*least, (28, 28), (28, 56), (56, 28), (29, 29), (31, 44), (33, 47)]
    large = [(64, 64), (84, 84), (101, 37), (smallest, 400), (128, 96), (160, 160), (255, 129), (240, 320), (512, 512)]
    return (
        *((batch, *size) for batch, size in itertools.product(BATCHES, small)),
        *((1, *size) for size in large),
        (2, 84, 84),
        (5, 101, 37),
    )


def _random(shape: Shape, generator: np.random.Generator) -> NDArray[np.uint8]:
    return generator.integers(0, 256, shape, dtype=np.uint8)


def _blank(shape: Shape, _: np.random.Generator) -> NDArray[np.uint8]:
    return np.zeros(shape, np.uint8)


def _saturated(shape: Shape, _: np.random.Generator) -> NDArray[np.uint8]:
    return np.full(shape, 255, np.uint8)


def _real(shape: Shape, generator: np.random.Generator) -> NDArray[np.uint8]:
    """Crops of a wall of MNIST test digits."""
    wall = _wall()
    batch, height, width = shape
    rows, columns = (
        generator.integers(0, max(1, 561 - side), (batch, 1)) + np.arange(side) for side in (height, width)
    )
    # A side longer than the wall's 560 pixels wraps around to its other edge.
    images: NDArray[np.uint8] = wall[rows[:, :, None] % len(wall), columns[:, None] % len(wall)]
    return images


@functools.cache
def _wall() -> NDArray[np.uint8]:
    """A wall (560, 560) of 20 x 20 test digits, loaded once: unpacking the data takes longer than most cases."""
    return datasets.load("mnist", "test").images[:400].reshape(20, 20, 28, 28).swapaxes(1, 2).reshape(560, 560)


CONTENTS: dict[str, Callable[[Shape, np.random.Generator], NDArray[np.uint8]]] = {
    "random": _random,
    "blank": _blank,
    "saturated": _saturated,
    "real": _real,
}


@dataclass(frozen=True)
class Case:
    """One batch given to both sides.

    Attributes:
        shape: batch, height, width.
        content: what the images show: random, blank, saturated or real.
        differences: the largest absolute difference of each output; for evidence, which has no bound, relative to its
            greatest value if that is above 1; infinite if the candidate's output is missing or has another shape, or
            either side is not finite.
        agreeing: how many images have the same top class on both sides; ties within the tolerance count as the same.
    """

    shape: Shape
    content: str
    differences: dict[str, float]
    agreeing: int


@dataclass(frozen=True)
class ParityReport:
    """All cases, and the overall result."""

    tolerance: float
    cases: tuple[Case, ...]

    @property
    def differences(self) -> dict[str, float]:
        """The largest absolute difference of each output over all cases."""
        return {name: max(case.differences[name] for case in self.cases) for name in self.cases[0].differences}

    @property
    def images(self) -> int:
        """How many images were compared."""
        return sum(case.shape[0] for case in self.cases)

    @property
    def agreeing(self) -> int:
        """How many images have the same top class on both sides."""
        return sum(case.agreeing for case in self.cases)

    @property
    def passed(self) -> bool:
        """Whether all differences are within the tolerance, ten times it for evidence, and all top classes the same."""
        is_near = all(difference <= self.allowed(name) for name, difference in self.differences.items())
        return is_near and self.agreeing == self.images

    def allowed(self, output: str) -> float:
        """The largest difference of an output that still counts as rounding."""
        return self.tolerance * LENIENCY.get(output, 1)

    def to_json(self) -> dict[str, object]:
        """The report as JSON values: the overall result first, then every case."""
        return {
            "passed": self.passed,
            "tolerance": self.tolerance,
            "differences": self.differences,
            "images": self.images,
            "agreeing": self.agreeing,
            "cases": [dataclasses.asdict(case) for case in self.cases],
        }


def measure_parity(
    reference: Scorer,
    candidate: Scorer,
    *,
    tolerance: float = TOLERANCE,
    grid: Iterable[Shape] | None = None,
    advance: Callable[[], None] = lambda: None,
) -> ParityReport:
    """Give both sides the same images, in every shape of the grid with every content, and compare all outputs.

    Args:
        reference: the torch network, as :func:`capsonnx.model.scorer` wraps it, best with ``exact``.
        candidate: the exported file in a session.
        tolerance: the largest absolute difference that passes.
        grid: the (batch, height, width) of each case; None: :func:`grid_of` for the source's stem.
        advance: called after each case, for a progress bar.
    """
    cases = []
    for number, (shape, content) in enumerate(itertools.product(grid_of() if grid is None else grid, CONTENTS)):
        images = CONTENTS[content](shape, np.random.default_rng(number))
        cases.append(_compare(reference, candidate, images, content, tolerance))
        advance()
    return ParityReport(tolerance, tuple(cases))


def _compare(reference: Scorer, candidate: Scorer, images: NDArray[np.uint8], content: str, tolerance: float) -> Case:
    expected, found = reference(images), candidate(images)
    differences = {}
    for name in OUTPUTS:
        wanted, given = getattr(expected, name), getattr(found, name)
        if wanted is not None:
            unit = max(1.0, float(wanted.max())) if name == EVIDENCE else 1.0
            differences[name] = np.inf if given is None else _difference(wanted, given) / unit
    chosen = np.take_along_axis(expected.lengths, found.lengths.argmax(axis=1)[:, None], axis=1)[:, 0]
    agreeing = int((chosen >= expected.lengths.max(axis=1) - tolerance).sum())
    batch, height, width = images.shape
    return Case((batch, height, width), content, differences, agreeing)


def _difference(expected: NDArray[np.float32], found: NDArray[np.float32]) -> float:
    if expected.shape != found.shape or not (np.isfinite(expected).all() and np.isfinite(found).all()):
        return np.inf
    return float(np.abs(expected - found).max())
