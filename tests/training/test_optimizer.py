"""The optimizers: Muon sees every matrix as it lies in memory, and every weight has one optimizer."""

from __future__ import annotations

import dataclasses

import pytest
import torch

from capsonnx.model import Decoder, DecoderConfig, NetworkConfig, build
from capsonnx.training import Recipe, recipe_named
from capsonnx.training.optimizer import MatrixMuon, as_matrices, make_optimizers

WEIGHTS = {"convolution": (8, 4, 3, 3), "capsules": (5, 8, 3)}


def weight(*shape: int, memory: torch.memory_format | None = None) -> torch.nn.Parameter:
    memory = memory or (torch.channels_last if len(shape) == 4 else torch.contiguous_format)
    values = torch.randn(shape, generator=torch.Generator().manual_seed(0))
    return torch.nn.Parameter(values.contiguous(memory_format=memory))


def recipe(**changes: object) -> Recipe:
    return dataclasses.replace(recipe_named("seed"), **changes)


@pytest.mark.parametrize("shape", WEIGHTS.values(), ids=WEIGHTS)
def test_the_matrices_are_views_of_the_weight(shape: tuple[int, ...]) -> None:
    parameter = weight(*shape)
    for matrix in as_matrices(parameter.data, parameter):
        matrix.fill_(7.0)
    assert (parameter == 7).all()


@pytest.mark.parametrize("memory", [torch.channels_last, torch.contiguous_format])
def test_a_step_is_the_same_however_a_convolution_lies_in_memory(memory: torch.memory_format) -> None:
    parameter, reference = weight(8, 4, 3, 3, memory=memory), weight(8, 4, 3, 3)
    for one in (parameter, reference):
        (one * weight(8, 4, 3, 3).detach().square()).sum().backward()
        MatrixMuon([one], lr=0.1).step()
    assert (reference - weight(8, 4, 3, 3)).abs().max() > 1e-3
    torch.testing.assert_close(parameter, reference, rtol=0, atol=2e-3)  # Muon's products round in bfloat16


@pytest.mark.parametrize("shape", WEIGHTS.values(), ids=WEIGHTS)
def test_a_step_goes_at_one_pace_in_all_directions(shape: tuple[int, ...]) -> None:
    parameter = weight(*shape)
    before = parameter.detach().clone()
    loss = (parameter * weight(*shape).detach().square()).sum()
    loss.backward()
    MatrixMuon([parameter], lr=1.0).step()
    for matrix in as_matrices(parameter.detach() - before, parameter):
        values = torch.linalg.svdvals(matrix) / (0.2 * max(matrix.shape) ** 0.5)
        assert values.min() > 0.4  # five Newton-Schulz steps bring the singular values near one, no nearer
        assert values.max() < 1.6


def test_a_weight_without_gradient_stays() -> None:
    parameter = weight(8, 4, 3, 3)
    before = parameter.detach().clone()
    MatrixMuon([parameter], lr=1.0).step()
    assert torch.equal(parameter, before)


def test_every_weight_has_one_optimizer() -> None:
    network = build(NetworkConfig(stem_bias="silent"))
    found = make_optimizers(network, recipe(muon_rate=0.005))
    assert [rate for _, rate in found] == [0.005, 1e-3]
    counts = [sum(weight.numel() for group in one.param_groups for weight in group["params"]) for one, _ in found]
    first, *_ = network.stem
    biases = sum(weight.numel() for name, weight in network.named_parameters() if name.endswith("bias"))
    assert counts[1] == first.weight.numel() + biases
    assert sum(counts) == sum(weight.numel() for weight in network.parameters())


def test_without_a_rate_for_muon_adam_trains_everything() -> None:
    network = build(NetworkConfig())
    [(optimizer, rate)] = make_optimizers(network, recipe())
    assert isinstance(optimizer, torch.optim.Adam)
    assert rate == 1e-3
    assert len(optimizer.param_groups[0]["params"]) == len(list(network.parameters()))


@pytest.mark.parametrize("muon_rate", [0.0, 0.005])
def test_a_decoder_is_adams_and_learns_by_gradients_of_any_size(muon_rate) -> None:
    torch.manual_seed(0)
    decoder = Decoder(DecoderConfig(2, 3, size=(2, 2), hidden=(4,)))
    *_, (adam, _) = make_optimizers(build(NetworkConfig()), recipe(muon_rate=muon_rate), decoder)
    before = [weight.detach().clone() for weight in decoder.parameters()]
    for weight in decoder.parameters():
        weight.grad = torch.full_like(weight, 1e-9)
    adam.step()
    for old, weight in zip(before, decoder.parameters(), strict=True):
        torch.testing.assert_close(old - weight.detach(), torch.full_like(old, 1e-3), rtol=0.01, atol=0)
