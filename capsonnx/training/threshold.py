"""The threshold of a trained network: the length above which a class is said to be in an image."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import numpy as np

from capsonnx.errors import InputError
from capsonnx.exam import best_threshold, build_exams

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from capsonnx.contract import Scorer
    from capsonnx.datasets import Dataset

__all__ = ["EXAMS", "choose_threshold"]

EXAMS = {"singles": 0, "padded-14": 0, "pairs-horizontal": 0, "row-5": 0, "scattered-160-4": 0, "empty-uniform": 1}
"""The exams that the threshold is chosen on, if there are enough classes, and their seeds. All lengths rise with the
amount of ink, and with the number of windows that see some. Without ``scattered-160-4``, which has the most windows,
some networks named wrong classes on most such pages; without ``empty-uniform``, in most noise. The seed of the latter
makes its noise differ from that of ``capsonnx evaluate``."""

MOST = 1000
"""The most images that are used of each exam."""


def choose_threshold(score: Scorer, held_out: Dataset) -> float:
    """Choose the threshold at which the sets of classes in held-out images are exactly right most often.

    Args:
        score: the trained network.
        held_out: symbols that the network was not trained on.

    Returns:
        A threshold in 0..1, from :func:`capsonnx.exam.best_threshold`; the worst exam decides.
    """
    answers = {}
    for name, seed in EXAMS.items():
        with suppress(InputError):  # too few classes, or a network for one image size
            [exam] = build_exams(held_out, [name], seed=seed)
            images, targets = exam.images[:MOST], exam.targets[:MOST]
            answers[name] = _lengths(score, images), targets
    return best_threshold(answers)


def _lengths(score: Scorer, images: NDArray[np.uint8]) -> NDArray[np.float32]:
    return np.concatenate([score(images[start : start + 100]).lengths for start in range(0, len(images), 100)])
