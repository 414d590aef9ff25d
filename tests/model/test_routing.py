"""The algebra of squash and routing."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.linalg import vector_norm

from capsonnx.model import explain, normalise, route, squash

# The routing of the source, written plainly: every prediction vector û_{j|i} is formed. What route() must equal.


def couplings_over_u_hat(columns: torch.Tensor, weight: torch.Tensor, routings: int) -> list[torch.Tensor]:
    """The coupling coefficients c (batch, N, J) of every iteration, for columns (batch, C, N) and W (J, C, D)."""
    return [coupling for coupling, _ in _iterate(columns, weight, routings)]


def route_over_u_hat(columns: torch.Tensor, weight: torch.Tensor, routings: int) -> torch.Tensor:
    """Output capsules v (batch, J, D)."""
    *_, (_, s) = _iterate(columns, weight, routings)
    squared = s.square().sum(dim=-1, keepdim=True)
    return squared.sqrt() / (0.5 + squared) * s


def _iterate(columns: torch.Tensor, weight: torch.Tensor, routings: int) -> list[tuple[torch.Tensor, torch.Tensor]]:
    u_hat = torch.einsum("bcn,jcd->bnjd", columns, weight)
    b = torch.zeros(u_hat.shape[:3], dtype=u_hat.dtype)
    steps = []
    for _ in range(routings):
        c = b.softmax(dim=2)
        s = torch.einsum("bnj,bnjd->bjd", c, u_hat)
        steps.append((c, s))
        o = s / s.square().sum(dim=-1, keepdim=True).clamp_min(1e-12).sqrt()
        b = torch.einsum("bnjd,bjd->bnj", u_hat, o)
    return steps


EXACT = {"rtol": 0, "atol": 1e-12}


def draw(seed: int, *shape: int, scale: float = 1.0) -> torch.Tensor:
    return scale * torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


seeds = st.integers(0, 2**32 - 1)
scales = st.floats(1e-6, 1e6)


@given(seeds, scales)
def test_squash_gives_lengths_below_one(seed: int, scale: float) -> None:
    assert (vector_norm(squash(draw(seed, 5, 16, scale=scale)), dim=-1) <= 1).all()


@given(seeds)
def test_squash_has_the_length_of_the_formula_and_keeps_direction(seed: int) -> None:
    s = draw(seed, 5, 16)
    v, norm = squash(s), vector_norm(s, dim=-1)
    torch.testing.assert_close(vector_norm(v, dim=-1), norm**2 / (0.5 + norm**2), **EXACT)
    torch.testing.assert_close(normalise(v), normalise(s), **EXACT)


def test_squash_is_monotonic_in_length() -> None:
    lengths = vector_norm(squash(torch.linspace(0, 50, 1000, dtype=torch.float64).unsqueeze(1)), dim=-1)
    assert (lengths.diff() > 0).all()


@pytest.mark.parametrize("function", [squash, normalise])
def test_value_and_gradient_are_finite_at_zero(function) -> None:
    s = torch.zeros(3, 16, requires_grad=True)
    value = function(s)
    value.sum().backward()
    assert (value == 0).all()
    assert s.grad is not None
    assert s.grad.isfinite().all()


@settings(deadline=None)
@given(seeds, st.integers(1, 5), st.integers(1, 40), st.integers(2, 12))
def test_feature_space_routing_equals_routing_over_u_hat(seed: int, routings: int, capsules: int, classes: int) -> None:
    columns, weight = draw(seed, 3, 8, capsules), draw(seed + 1, classes, 8, 4)
    expected = route_over_u_hat(columns, weight, routings)
    torch.testing.assert_close(route(columns, weight, routings), expected, rtol=0, atol=1e-9)


@given(seeds)
def test_couplings_of_an_input_capsule_sum_to_one(seed: int) -> None:
    for coupling in couplings_over_u_hat(draw(seed, 2, 8, 9), draw(seed + 1, 5, 8, 4), 4):
        torch.testing.assert_close(coupling.sum(dim=2), torch.ones(2, 9, dtype=torch.float64), **EXACT)


@given(seeds)
def test_order_of_input_capsules_does_not_matter(seed: int) -> None:
    columns, weight = draw(seed, 2, 8, 12), draw(seed + 1, 5, 8, 4)
    order = torch.randperm(12, generator=torch.Generator().manual_seed(seed))
    torch.testing.assert_close(route(columns[:, :, order], weight, 3), route(columns, weight, 3), **EXACT)


@given(seeds)
def test_permuting_classes_permutes_outputs(seed: int) -> None:
    columns, weight = draw(seed, 2, 8, 12), draw(seed + 1, 5, 8, 4)
    order = torch.randperm(5, generator=torch.Generator().manual_seed(seed))
    torch.testing.assert_close(route(columns, weight[order], 3), route(columns, weight, 3)[:, order], **EXACT)


@given(seeds, st.integers(1, 50))
def test_zero_capsules_change_nothing(seed: int, extra: int) -> None:
    columns, weight = draw(seed, 2, 8, 12), draw(seed + 1, 5, 8, 4)
    padded = torch.cat([columns, torch.zeros(2, 8, extra, dtype=torch.float64)], dim=2)
    torch.testing.assert_close(route(padded, weight, 3), route(columns, weight, 3), **EXACT)


@given(seeds)
def test_rotating_every_pose_space_rotates_the_poses(seed: int) -> None:
    columns, weight = draw(seed, 2, 8, 12), draw(seed + 1, 5, 8, 4)
    rotation = torch.linalg.qr(draw(seed + 2, 4, 4)).Q
    torch.testing.assert_close(
        route(columns, weight @ rotation, 3), route(columns, weight, 3) @ rotation, rtol=0, atol=1e-9
    )


def test_one_routing_is_the_uniform_mean() -> None:
    columns, weight = draw(0, 2, 8, 12), draw(1, 5, 8, 4)
    uniform = torch.einsum("bcn,jcd->bjd", columns, weight) / 5
    torch.testing.assert_close(route(columns, weight, 1), squash(uniform), **EXACT)


def test_gradients_are_those_of_finite_differences() -> None:
    columns, weight = draw(0, 1, 3, 4).requires_grad_(), draw(1, 2, 3, 2).requires_grad_()
    assert torch.autograd.gradcheck(lambda u, w: route(u, w, 3), (columns, weight))


@given(seeds, st.integers(1, 4))
def test_evidence_is_what_the_predictions_say(seed: int, routings: int) -> None:
    columns, weight = draw(seed, 2, 8, 9), draw(seed + 1, 5, 8, 4)
    u_hat = torch.einsum("bcn,jcd->bnjd", columns, weight)
    coupling = couplings_over_u_hat(columns, weight, routings)[-1]
    direction = normalise(torch.einsum("bnj,bnjd->bjd", coupling, u_hat))
    expected = (coupling * torch.einsum("bnjd,bjd->bnj", u_hat, direction).relu()).mT
    found = explain(columns.unflatten(2, (3, 3)), weight, routings)
    torch.testing.assert_close(found.flatten(2), expected, rtol=0, atol=1e-9)


@given(seeds)
def test_agreement_adds_up_to_the_length_of_the_sum(seed: int) -> None:
    """Σ_i c_ij ⟨û_{j|i}, v_j/‖v_j‖⟩ = ‖s_j‖; evidence leaves out what speaks against j, so it is that or more."""
    columns, weight = draw(seed, 2, 8, 9), draw(seed + 1, 5, 8, 4)
    lengths = vector_norm(route(columns, weight, 3), dim=-1)
    norms = (0.5 * lengths / (1 - lengths)).sqrt()  # the inverse of squash
    assert (explain(columns.unflatten(2, (3, 3)), weight, 3).sum(dim=(2, 3)) >= norms - 1e-6).all()
