"""Images without symbols: black ones, and three kinds of noise. Nothing is to be found in them."""

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
"""The side of the images in pixels."""

SIGMAS = (5.0, 50.0)
"""The minimum and maximum standard deviation of :func:`gaussian`, in levels."""

SHARES = (0.002, 0.05)
"""The minimum and maximum share of white pixels of :func:`salt`."""


def black(_generator: np.random.Generator) -> NDArray[np.uint8]:
    """A black image, (84, 84) uint8."""
    return np.zeros((SIDE, SIDE), dtype=np.uint8)


def uniform(generator: np.random.Generator) -> NDArray[np.uint8]:
    """Uniform noise, (84, 84) uint8: in every pixel, every level is equally likely."""
    return generator.integers(256, size=(SIDE, SIDE), dtype=np.uint8)


def gaussian(generator: np.random.Generator) -> NDArray[np.uint8]:
    """Gaussian noise on black, clipped to 0..255: (84, 84) uint8. Each image has its own sigma, 5 to 50 levels."""
    levels = generator.uniform(*SIGMAS) * generator.standard_normal((SIDE, SIDE))
    return np.rint(np.clip(levels, 0, 255)).astype(np.uint8)


def salt(generator: np.random.Generator) -> NDArray[np.uint8]:
    """White pixels on black, (84, 84) uint8. Each image has its own share of white pixels, 0.2 to 5 %."""
    white = generator.random((SIDE, SIDE)) < generator.uniform(*SHARES)
    return np.where(white, np.uint8(255), np.uint8(0))


NOISES = {"black": black, "uniform": uniform, "gaussian": gaussian, "salt": salt}
"""The functions that draw one image, by the last part of the exam's name."""


def noise(dataset: Dataset, seed: int, *, kind: str, count: int) -> Exam:
    """Build an exam of images of 84×84 px without symbols.

    Args:
        dataset: its length limits the number of images; its digits are not used.
        seed: for all random choices, at least 0.
        kind: a name in :data:`NOISES`.
        count: the number of images, limited to the number of digits.

    Returns:
        An exam with targets (count, 0).
    """
    name = f"empty-{kind}"
    generator = stream(seed, name)
    images = np.stack([NOISES[kind](generator) for _ in range(min(count, len(dataset)))])
    return Exam(name, images, np.zeros((len(images), 0), dtype=np.int64))
