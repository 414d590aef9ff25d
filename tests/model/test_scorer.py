"""The torch network as a scorer."""

from __future__ import annotations

import numpy as np
import torch

from capsonnx.model import NetworkConfig, build, scorer

IMAGES = np.random.default_rng(0).integers(0, 256, (4, 28, 40), dtype=np.uint8)


def test_scores_are_the_networks_outputs() -> None:
    network = build(NetworkConfig())
    scores = scorer(network)(IMAGES)
    lengths, poses = network(torch.from_numpy(IMAGES))
    assert scores.poses is not None
    np.testing.assert_allclose(scores.lengths, lengths.detach().numpy(), rtol=0, atol=1e-6)
    np.testing.assert_allclose(scores.poses, poses.detach().numpy(), rtol=0, atol=1e-6)


def test_a_network_without_capsules_has_no_poses() -> None:
    scores = scorer(build(NetworkConfig(kind="pooled")))(IMAGES)
    assert scores.lengths.shape == (4, 10)
    assert scores.poses is None


def test_exact_scoring_leaves_the_network_as_it_was() -> None:
    network = build(NetworkConfig())
    exact = scorer(network, exact=True)(IMAGES)
    assert {weight.dtype for weight in network.parameters()} == {torch.float32}
    np.testing.assert_allclose(exact.lengths, scorer(network)(IMAGES).lengths, rtol=0, atol=1e-6)
