"""Measure an exported file on exams: choose the exams, let the model sit them, and score its answers.

>>> import capsonnx
>>> from capsonnx import evaluation
>>> found = evaluation.evaluate(capsonnx.load(provider="cpu").model, "mnist", ["pairs-vertical"], limit=50)
>>> found.exams[0].name, found.exams[0].top > 0.9
('pairs-vertical', True)
"""

from __future__ import annotations

from capsonnx.evaluation.choice import FILES, exam_family, exam_names
from capsonnx.evaluation.evaluation import Evaluation, evaluate

__all__ = ["FILES", "Evaluation", "evaluate", "exam_family", "exam_names"]
