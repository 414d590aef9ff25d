"""The margin loss against its formula, term by term."""

from __future__ import annotations

import pytest
import torch

from capsonnx.model import NOTHING, margin_loss, window_loss


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


def field_of(peak: tuple[int, int], label: int, size: tuple[int, int] = (21, 20)) -> torch.Tensor:
    """A field that tells one class in the cells around one, and nothing elsewhere."""
    field = torch.zeros(1, 10, *size)
    field[0, label, peak[0] - 1 : peak[0] + 2, peak[1] - 1 : peak[1] + 2] = 1.0
    return field


CENTRES = torch.tensor([[[6.0 + 2 * 10, 7.0 + 2 * 9]]])
TARGET = torch.tensor([3])
WINDOW = (8, 7)


def test_a_field_that_peaks_at_the_centre_costs_nothing() -> None:
    assert window_loss(field_of((10, 9), 3), CENTRES, TARGET, WINDOW).item() == 0


@pytest.mark.parametrize("field", [field_of((10, 9), 4), field_of((10, 15), 3), field_of((15, 9), 3)])
def test_another_class_or_place_costs(field) -> None:
    assert window_loss(field, CENTRES, TARGET, WINDOW).item() > 0.01


def test_windows_near_a_neighbour_are_not_asked() -> None:
    field = field_of((10, 9), 3)
    field[0, 5, 10, 15] = 1.0
    neighbour = torch.tensor([[[26.0, 25.0], [26.0, 7.0 + 2 * 15], [torch.inf, torch.inf]]])
    assert window_loss(field, CENTRES, TARGET, WINDOW).item() > 0
    assert window_loss(field, neighbour, TARGET, WINDOW).item() == 0


def test_windows_that_reach_beyond_the_image_are_not_asked() -> None:
    field = field_of((10, 9), 3)
    field[0, 5, :3] = 1.0
    field[0, 5, :, -2:] = 1.0
    assert window_loss(field, CENTRES, TARGET, WINDOW).item() == 0


def test_without_a_class_every_length_is_wrong() -> None:
    lengths = torch.tensor([[0.95, 0.3]])
    loss = margin_loss(lengths, torch.tensor([NOTHING]), absent_weight=1.0)
    assert loss.item() == pytest.approx((0.85**2 + 0.2**2) / 2)


def test_without_a_class_every_window_is_to_tell_nothing() -> None:
    nothing, nowhere = torch.tensor([NOTHING]), torch.full((1, 1, 2), torch.inf)
    assert window_loss(torch.zeros(1, 10, 21, 20), nowhere, nothing, WINDOW).item() == 0
    assert window_loss(field_of((10, 9), 3), nowhere, nothing, WINDOW).item() > 0
