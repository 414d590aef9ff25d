"""Every squash: its range, its direction, its length, its ends."""

from __future__ import annotations

from typing import get_args

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.linalg import vector_norm

from capsonnx.model import Squash, SquashName, normalise, squash

NAMES = get_args(SquashName)
EXACT = {"rtol": 0, "atol": 1e-12}
FORMULAS = {
    "half": lambda n: n**2 / (0.5 + n**2),
    "hinton": lambda n: n**2 / (1 + n**2),
    "tanh": torch.tanh,
    "exponential": lambda n: 1 - torch.exp(-n),
    "ratio": lambda n: n / (1 + n),
    "learnable": lambda n: n**2 / (0.5 + n**2),
    "last": lambda n: n**2 / (0.5 + n**2),
}

names = st.sampled_from(NAMES)
seeds = st.integers(0, 2**32 - 1)


def draw(seed: int, scale: float = 1.0) -> torch.Tensor:
    return scale * torch.randn(5, 16, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


@given(names, seeds, st.floats(1e-6, 1e6))
def test_lengths_are_at_most_one(name: str, seed: int, scale: float) -> None:
    lengths = vector_norm(Squash(name)(draw(seed, scale)), dim=-1)
    assert (lengths <= 1 + 1e-12).all()
    assert (lengths > 0).all()


@given(names, seeds)
def test_lengths_of_vectors_that_are_not_huge_are_below_one(name: str, seed: int) -> None:
    assert (vector_norm(Squash(name)(draw(seed)), dim=-1) < 1).all()


@given(names, seeds, st.floats(1e-3, 30))
def test_length_is_the_formulas_and_direction_is_kept(name: str, seed: int, scale: float) -> None:
    s = draw(seed, scale)
    v, norm = Squash(name)(s), vector_norm(s, dim=-1)
    torch.testing.assert_close(vector_norm(v, dim=-1), FORMULAS[name](norm), **EXACT)
    torch.testing.assert_close(normalise(v), normalise(s), rtol=0, atol=1e-9)
    torch.testing.assert_close(Squash(name).lengths(norm.square()), FORMULAS[name](norm), **EXACT)


@pytest.mark.parametrize("name", NAMES)
def test_longer_vectors_stay_longer(name: str) -> None:
    lengths = vector_norm(Squash(name)(torch.linspace(0, 15, 1000, dtype=torch.float64).unsqueeze(1)), dim=-1)
    assert (lengths.diff() > 0).all()


@pytest.mark.parametrize("function", [squash, normalise, *map(Squash, NAMES)])
def test_value_and_gradient_are_finite_at_zero(function) -> None:
    s = torch.zeros(3, 16, requires_grad=True)
    value = function(s)
    value.sum().backward()
    assert (value == 0).all()
    assert s.grad is not None
    assert s.grad.isfinite().all()


@pytest.mark.parametrize("name", NAMES)
def test_lengths_and_their_gradients_are_finite_at_zero(name: str) -> None:
    square = torch.zeros(3, requires_grad=True)
    lengths = Squash(name).lengths(square)
    lengths.sum().backward()
    assert (lengths <= 2e-6).all()
    assert square.grad is not None
    assert square.grad.isfinite().all()


def test_only_a_learnable_constant_is_a_weight() -> None:
    assert {name for name in NAMES if list(Squash(name).parameters())} == {"learnable"}


def test_a_learnt_constant_stays_above_zero_and_gets_a_gradient() -> None:
    function = Squash("learnable")
    function(draw(0).float()).sum().backward()
    assert function.constant.grad != 0
    with torch.no_grad():
        function.constant.fill_(-1)
    function.constrain()
    assert float(function.constant.detach()) == pytest.approx(0.01)


@pytest.mark.parametrize("name", NAMES)
def test_only_last_leaves_sums_alone_between_iterations(name: str) -> None:
    s = draw(0)
    assert torch.equal(Squash(name).between(s), s) == (name == "last")
