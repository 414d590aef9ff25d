"""The algebra of routing."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.linalg import vector_norm

from capsonnx.model import FullVotes, Routed, SharedVotes, Squash, couple, explain, normalise, route, squash

# The routings, written plainly: every prediction vector û_{j|i} is formed, and logits b are kept. What route() must
# equal.

ROUTINGS = ("su-normalised", "su", "hinton", "uniform")
AXES = ("output", "input")


def iterate(u_hat: torch.Tensor, routings: int, routing: str = "su-normalised", axis: str = "output") -> list[tuple]:
    """For û (batch, N, J, D) the couplings c (batch, N, J) and sums s (batch, J, D) of every iteration."""
    b = torch.zeros(u_hat.shape[:3], dtype=u_hat.dtype)
    steps = []
    for _ in range(routings):
        c = b.softmax(dim=2 if axis == "output" else 1)
        s = torch.einsum("bnj,bnjd->bjd", c, u_hat)
        steps.append((c, s))
        squared = s.square().sum(dim=-1, keepdim=True)
        o = squared.sqrt() / (0.5 + squared) * s
        if routing == "su-normalised":
            o = s / squared.sqrt().clamp_min(1e-6)
        agreement = torch.einsum("bnjd,bjd->bnj", u_hat, o)
        b = {"hinton": b + agreement, "uniform": b}.get(routing, agreement)
    return steps


def routed(columns: torch.Tensor, weight: torch.Tensor, routings: int = 3, **choices) -> torch.Tensor:
    """Output capsules v (batch, J, D)."""
    return squash(route(SharedVotes(columns, weight), routings, **choices).sums[-1]).transpose(0, 1)


def predictions(columns: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    return torch.einsum("bcn,jcd->bnjd", columns, weight)


EXACT = {"rtol": 0, "atol": 1e-12}


def draw(seed: int, *shape: int, scale: float = 1.0) -> torch.Tensor:
    return scale * torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


seeds = st.integers(0, 2**32 - 1)
routing_names = st.sampled_from(ROUTINGS)
axes = st.sampled_from(AXES)


@settings(deadline=None)
@given(seeds, routing_names, axes, st.integers(1, 5), st.integers(1, 40), st.integers(2, 12))
def test_feature_space_routing_equals_routing_over_u_hat(seed, routing, axis, routings, capsules, classes) -> None:
    columns, weight = draw(seed, 3, 8, capsules), draw(seed + 1, classes, 8, 4)
    _, s = iterate(predictions(columns, weight), routings, routing, axis)[-1]
    found = routed(columns, weight, routings, routing=routing, axis=axis)
    torch.testing.assert_close(found, squash(s), rtol=0, atol=1e-9)


@given(seeds, routing_names, axes)
def test_full_sharing_equals_routing_over_u_hat(seed: int, routing: str, axis: str) -> None:
    columns, weight = draw(seed, 3, 8, 6), draw(seed + 1, 5, 6 * 8, 4)
    u_hat = torch.einsum("bcn,jncd->bnjd", columns, weight.unflatten(1, (6, 8)))
    found = route(FullVotes(columns, weight), 3, routing=routing, axis=axis).sums[-1].transpose(0, 1)
    torch.testing.assert_close(found, iterate(u_hat, 3, routing, axis)[-1][1], rtol=0, atol=1e-9)


@given(seeds, axes)
def test_full_sharing_of_equal_matrices_is_shared(seed: int, axis: str) -> None:
    columns, weight = draw(seed, 3, 8, 6), draw(seed + 1, 5, 8, 4)
    found = route(FullVotes(columns, weight.repeat(1, 6, 1)), 3, axis=axis).sums[-1]
    torch.testing.assert_close(found, route(SharedVotes(columns, weight), 3, axis=axis).sums[-1], rtol=0, atol=1e-9)


@given(seeds, st.sampled_from(["su-normalised", "su", "hinton"]), axes, st.integers(2, 4))
def test_couplings_sum_to_one_over_their_axis(seed: int, routing: str, axis: str, routings: int) -> None:
    columns, weight = draw(seed, 2, 8, 9), draw(seed + 1, 5, 8, 4)
    votes = SharedVotes(columns, weight)
    query = route(votes, routings, routing=routing, axis=axis).query
    assert query is not None
    coupling = couple(votes, query, axis)
    total = coupling.sum(dim=1 if axis == "output" else 2)
    torch.testing.assert_close(total, torch.ones_like(total), **EXACT)
    expected, _ = iterate(predictions(columns, weight), routings, routing, axis)[-1]
    torch.testing.assert_close(coupling, expected.mT, rtol=0, atol=1e-9)


@given(seeds, routing_names, axes)
def test_order_of_input_capsules_does_not_matter(seed: int, routing: str, axis: str) -> None:
    columns, weight = draw(seed, 2, 8, 12), draw(seed + 1, 5, 8, 4)
    order = torch.randperm(12, generator=torch.Generator().manual_seed(seed))
    choices = {"routing": routing, "axis": axis}
    torch.testing.assert_close(routed(columns[:, :, order], weight, **choices), routed(columns, weight, **choices))


@given(seeds, routing_names, axes)
def test_permuting_classes_permutes_outputs(seed: int, routing: str, axis: str) -> None:
    columns, weight = draw(seed, 2, 8, 12), draw(seed + 1, 5, 8, 4)
    order = torch.randperm(5, generator=torch.Generator().manual_seed(seed))
    choices = {"routing": routing, "axis": axis}
    torch.testing.assert_close(routed(columns, weight[order], **choices), routed(columns, weight, **choices)[:, order])


@given(seeds, routing_names, st.integers(1, 50))
def test_zero_capsules_change_nothing(seed: int, routing: str, extra: int) -> None:
    columns, weight = draw(seed, 2, 8, 12), draw(seed + 1, 5, 8, 4)
    padded = torch.cat([columns, torch.zeros(2, 8, extra, dtype=torch.float64)], dim=2)
    found = routed(padded, weight, routing=routing)
    torch.testing.assert_close(found, routed(columns, weight, routing=routing), **EXACT)


def test_zero_capsules_do_count_where_input_capsules_share_the_coupling() -> None:
    columns, weight = draw(0, 2, 8, 12), draw(1, 5, 8, 4)
    padded = torch.cat([columns, torch.zeros(2, 8, 50, dtype=torch.float64)], dim=2)
    assert (routed(padded, weight, axis="input") - routed(columns, weight, axis="input")).abs().max() > 1e-3


@given(seeds, routing_names, axes)
def test_rotating_every_pose_space_rotates_the_poses(seed: int, routing: str, axis: str) -> None:
    columns, weight = draw(seed, 2, 8, 12), draw(seed + 1, 5, 8, 4)
    rotation = torch.linalg.qr(draw(seed + 2, 4, 4)).Q
    choices = {"routing": routing, "axis": axis}
    expected = routed(columns, weight, **choices) @ rotation
    torch.testing.assert_close(routed(columns, weight @ rotation, **choices), expected, rtol=0, atol=1e-9)


@pytest.mark.parametrize("routing", ROUTINGS)
def test_one_routing_is_the_uniform_mean(routing: str) -> None:
    columns, weight = draw(0, 2, 8, 12), draw(1, 5, 8, 4)
    uniform = torch.einsum("bcn,jcd->bjd", columns, weight) / 5
    torch.testing.assert_close(routed(columns, weight, 1, routing=routing), squash(uniform), **EXACT)


def test_no_routing_is_one_routing_however_many_are_asked_for() -> None:
    votes = SharedVotes(draw(0, 2, 8, 12), draw(1, 5, 8, 4))
    assert len(route(votes, 7, routing="uniform").sums) == 1


def test_routings_differ_from_the_second_refinement_on() -> None:
    columns, weight = draw(0, 2, 8, 12), draw(1, 5, 8, 4)
    found = {name: routed(columns, weight, 3, routing=name) for name in ROUTINGS}
    for one, other in [("su-normalised", "su"), ("su", "hinton"), ("hinton", "uniform")]:
        assert (found[one] - found[other]).abs().max() > 1e-4


def test_nothing_between_iterations_is_the_bare_sum() -> None:
    votes = SharedVotes(draw(0, 2, 8, 12), draw(1, 5, 8, 4))
    found = route(votes, 2, routing="su", squash=Squash("last"))
    torch.testing.assert_close(found.query, found.sums[0], **EXACT)


@pytest.mark.parametrize("routing", ROUTINGS)
def test_gradients_are_those_of_finite_differences(routing: str) -> None:
    columns, weight = draw(0, 1, 3, 4).requires_grad_(), draw(1, 2, 3, 2).requires_grad_()
    assert torch.autograd.gradcheck(lambda u, w: routed(u, w, routing=routing), (columns, weight))


def evidence(columns: torch.Tensor, weight: torch.Tensor, routings: int, **choices) -> torch.Tensor:
    """The map (batch, J, 3, 3) of 9 columns."""
    found: Routed = route(SharedVotes(columns, weight), routings, **choices)
    axis = choices.get("axis", "output")
    return explain(columns.unflatten(2, (3, 3)), weight, found, axis=axis)


@given(seeds, st.integers(1, 4), routing_names, axes)
def test_evidence_is_what_the_predictions_say(seed: int, routings: int, routing: str, axis: str) -> None:
    columns, weight = draw(seed, 2, 8, 9), draw(seed + 1, 5, 8, 4)
    u_hat = predictions(columns, weight)
    coupling, s = iterate(u_hat, routings, routing, axis)[-1]
    expected = (coupling * torch.einsum("bnjd,bjd->bnj", u_hat, normalise(s)).relu()).mT
    found = evidence(columns, weight, routings, routing=routing, axis=axis)
    torch.testing.assert_close(found.flatten(2), expected, rtol=0, atol=1e-9)


@given(seeds)
def test_agreement_adds_up_to_the_length_of_the_sum(seed: int) -> None:
    """Σ_i c_ij ⟨û_{j|i}, v_j/‖v_j‖⟩ = ‖s_j‖; evidence leaves out what speaks against j, so it is that or more."""
    columns, weight = draw(seed, 2, 8, 9), draw(seed + 1, 5, 8, 4)
    lengths = vector_norm(routed(columns, weight), dim=-1)
    norms = (0.5 * lengths / (1 - lengths)).sqrt()  # the inverse of squash
    assert (evidence(columns, weight, 3).sum(dim=(2, 3)) >= norms - 1e-6).all()
