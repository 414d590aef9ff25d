"""Exams: fixed, seeded sets of images composed from test digits, and how right a network is on them.

>>> import numpy as np
>>> from capsonnx import datasets, exam
>>> digits = datasets.load("mnist", "test").take(np.arange(200))
>>> [pairs] = exam.build_exams(digits, ["pairs-vertical"])
>>> pairs.images.shape, pairs.targets[0].tolist()
((180, 56, 28), [7, 2])

With a model, ``exam.sit(capsonnx.runtime.load_model(), pairs)`` then gives the :class:`Result`.
"""

from __future__ import annotations

from capsonnx.exam.exams import EXAMS, Builder, Exam, build_exams
from capsonnx.exam.run import sit
from capsonnx.exam.scoring import Result, confident_right, exact_right, top_right

__all__ = [
    "EXAMS",
    "Builder",
    "Exam",
    "Result",
    "build_exams",
    "confident_right",
    "exact_right",
    "sit",
    "top_right",
]
