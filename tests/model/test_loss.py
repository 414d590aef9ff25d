"""The margin loss against its formula, term by term."""

from __future__ import annotations

import pytest
import torch

from capsonnx.model import margin_loss


def test_the_formula_term_by_term() -> None:
    lengths = [[0.95, 0.3, 0.05], [0.2, 0.6, 0.1]]
    targets = [0, 2]
    expected = 0.0
    for row, target in zip(lengths, targets, strict=True):
        for j, length in enumerate(row):
            expected += max(0, 0.9 - length) ** 2 if j == target else 0.25 * max(0, length - 0.1) ** 2
    loss = margin_loss(torch.tensor(lengths), torch.tensor(targets))
    assert loss.item() == pytest.approx(expected / 6, rel=1e-6)


def test_nothing_is_lost_within_the_margins() -> None:
    assert margin_loss(torch.tensor([[0.91, 0.09]]), torch.tensor([0])).item() == 0


def test_the_weight_of_absent_classes_scales_their_part_alone() -> None:
    lengths, targets = torch.tensor([[0.9, 0.5]]), torch.tensor([0])
    half, one = (margin_loss(lengths, targets, absent_weight=weight) for weight in (0.5, 1.0))
    assert one.item() == pytest.approx(2 * half.item())
