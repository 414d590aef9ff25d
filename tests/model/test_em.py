"""EM routing: what its adaptation promises."""

from __future__ import annotations

import pytest
import torch
from torch.linalg import vector_norm

from capsonnx.model import FullVotes, SharedVotes
from capsonnx.model.em import ExpectationMaximisation


@pytest.fixture
def em() -> ExpectationMaximisation:
    return ExpectationMaximisation(5).double()


def draw(seed: int, *shape: int) -> torch.Tensor:
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def routed(em: ExpectationMaximisation, columns: torch.Tensor, routings: int = 3) -> torch.Tensor:
    return em(SharedVotes(columns, draw(1, 5, 8, 4)), columns, routings)


@pytest.mark.parametrize("routings", [1, 2, 3, 6])
def test_lengths_are_below_one(em, routings: int) -> None:
    v = routed(em, draw(0, 3, 8, 12), routings)
    assert v.shape == (5, 3, 4)
    assert (vector_norm(v, dim=-1) < 1).all()


def test_order_of_input_capsules_does_not_matter(em) -> None:
    columns = draw(0, 3, 8, 12)
    torch.testing.assert_close(routed(em, columns.flip(2)), routed(em, columns))


def test_zero_capsules_change_nothing_and_a_blank_image_has_no_class(em) -> None:
    columns = draw(0, 3, 8, 12)
    padded = torch.cat([columns, torch.zeros(3, 8, 9, dtype=torch.float64)], dim=2)
    torch.testing.assert_close(routed(em, padded), routed(em, columns))
    assert not routed(em, torch.zeros(1, 8, 4, dtype=torch.float64)).any()


def test_a_class_whose_votes_agree_is_more_active_than_one_whose_votes_do_not(em) -> None:
    columns = draw(0, 1, 8, 1).expand(1, 8, 12) + 0.01 * draw(2, 1, 8, 12)
    scattered = draw(3, 1, 8, 12)
    assert vector_norm(routed(em, columns), dim=-1).max() > vector_norm(routed(em, scattered), dim=-1).max()


def test_the_first_m_step_is_the_weighted_mean_of_the_votes(em) -> None:
    columns, weight = draw(0, 2, 8, 12), draw(1, 5, 8, 4)
    u_hat = torch.einsum("bcn,jcd->jbnd", columns, weight)
    square = columns.square().sum(dim=1)
    active = square / (0.5 + square)
    mean = torch.einsum("bn,jbnd->jbd", active, u_hat) / active.sum(dim=1).view(1, -1, 1)
    found = routed(em, columns, 1)
    torch.testing.assert_close(torch.cosine_similarity(found, mean, dim=2), torch.ones(5, 2, dtype=torch.float64))


def test_matrices_for_each_place_that_are_equal_are_shared_ones(em) -> None:
    columns, weight = draw(0, 2, 8, 6), draw(1, 5, 8, 4)
    expected = em(SharedVotes(columns, weight), columns, 3)
    torch.testing.assert_close(em(FullVotes(columns, weight.repeat(1, 6, 1)), columns, 3), expected)


def test_gradients_are_finite_on_a_blank_and_on_a_uniform_image(em) -> None:
    columns = torch.stack([torch.zeros(8, 6), torch.ones(8, 6)]).double().requires_grad_()
    routed(em, columns).square().sum().backward()
    assert columns.grad is not None
    assert columns.grad.isfinite().all()
    assert all(weight.grad is not None and weight.grad.isfinite().all() for weight in em.parameters())
