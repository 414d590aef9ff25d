"""Images without a symbol: black ones, and three kinds of noise. Nothing is to be found in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from capsonnx.exam.draws import stream
from capsonnx.exam.sets import Exam

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from capsonnx.datasets import Dataset

__all__ = ["NOISES", "black", "gaussian", "noise", "salt", "uniform"]

SIDE = 84
"""Of the images in pixels."""

SIGMAS = (5.0, 50.0)
"""The least and the greatest standard deviation of :func:`gaussian`, in levels."""

SHARES = (0.002, 0.05)
"""The least and the greatest share of white pixels of :func:`salt`."""


def black(_generator: np.random.Generator) -> NDArray[np.uint8]:
    """Nothing: (84, 84) uint8."""
    return np.zeros((SIDE, SIDE), dtype=np.uint8)


def uniform(generator: np.random.Generator) -> NDArray[np.uint8]:
    """Every level as likely in every pixel: (84, 84) uint8."""
    return generator.integers(256, size=(SIDE, SIDE), dtype=np.uint8)


def gaussian(generator: np.random.Generator) -> NDArray[np.uint8]:
    """Gaussian noise on black, cut off below 0: (84, 84) uint8. Each image has its own sigma, 5 to 50 levels."""
    levels = generator.uniform(*SIGMAS) * generator.standard_normal((SIDE, SIDE))
    return np.rint(np.clip(levels, 0, 255)).astype(np.uint8)


def salt(generator: np.random.Generator) -> NDArray[np.uint8]:
    """White pixels on black: (84, 84) uint8. Each image has its own share of white ones, 0.2 to 5 %."""
    white = generator.random((SIDE, SIDE)) < generator.uniform(*SHARES)
    return np.where(white, np.uint8(255), np.uint8(0))


NOISES = {"black": black, "uniform": uniform, "gaussian": gaussian, "salt": salt}
"""What draws one image, by the end of the exam's name."""


def noise(dataset: Dataset, seed: int, *, kind: str, count: int) -> Exam:
    """Images of 84×84 px without a symbol.

    Args:
        dataset: says by its size how many images there are at most; its digits are not used.
        seed: of all random choices, from 0.
        kind: a name of :data:`NOISES`.
        count: how many images, or as many as there are digits, if those are fewer.

    Returns:
        An exam of targets (count, 0).
    """
    name = f"empty-{kind}"
    generator = stream(seed, name)
    images = np.stack([NOISES[kind](generator) for _ in range(min(count, len(dataset)))])
    return Exam(name, images, np.zeros((len(images), 0), dtype=np.int64))
