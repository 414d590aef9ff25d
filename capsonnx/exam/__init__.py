"""Exams: fixed, seeded sets of images composed from test digits, and the accuracy of a network on them.

>>> import numpy as np
>>> from capsonnx import datasets, exam
>>> digits = datasets.load("mnist", "test").take(np.arange(200))
>>> [pairs] = exam.build_exams(digits, ["pairs-vertical"])
>>> pairs.images.shape, pairs.targets[0].tolist()
((180, 56, 28), [7, 2])

With a model, ``exam.sit(capsonnx.runtime.load_model(), pairs)`` then returns the :class:`Result`; :func:`score` returns
the lengths themselves, from which :func:`best_threshold` chooses a threshold.

Page exams ask for more: which symbols there are, where, and in what order.

>>> [pages] = exam.build_page_exams(digits, ["strings-3"])
>>> pages.images.shape, pages.truth[0][0][0]
((200, 28, 84), Placed(target=7, x=14.0, y=14.0))

With a reader, ``exam.sit_pages(reader, pages, labels=digits.labels)`` then returns the :class:`PageResult`.
"""

from __future__ import annotations

from capsonnx.exam.build import build_exams, build_page_exams
from capsonnx.exam.files import FilesResult, Misread, mark_files
from capsonnx.exam.page_exams import PAGE_EXAMS, PageBuilder
from capsonnx.exam.page_scoring import (
    PageResult,
    character_error_rate,
    edit_distance,
    exact_strings,
    joined,
    match_symbols,
)
from capsonnx.exam.page_sitting import read_classes, sit_pages
from capsonnx.exam.pages import Lines, PageExam, Placed
from capsonnx.exam.set_exams import EXAMS
from capsonnx.exam.set_scoring import CONFIDENT, Result, confident_right, exact_right, highest, read_right, top_right
from capsonnx.exam.set_sitting import Answers, mark, score, sit
from capsonnx.exam.sets import Builder, Exam
from capsonnx.exam.threshold import best_threshold

__all__ = [
    "CONFIDENT",
    "EXAMS",
    "PAGE_EXAMS",
    "Answers",
    "Builder",
    "Exam",
    "FilesResult",
    "Lines",
    "Misread",
    "PageBuilder",
    "PageExam",
    "PageResult",
    "Placed",
    "Result",
    "best_threshold",
    "build_exams",
    "build_page_exams",
    "character_error_rate",
    "confident_right",
    "edit_distance",
    "exact_right",
    "exact_strings",
    "highest",
    "joined",
    "mark",
    "mark_files",
    "match_symbols",
    "read_classes",
    "read_right",
    "score",
    "sit",
    "sit_pages",
    "top_right",
]
