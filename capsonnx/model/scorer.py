"""The torch network as a :data:`capsonnx.contract.Scorer`, so that exams and parity can use it like an ONNX file."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

import torch

from capsonnx.contract import LENGTHS, POSES, Scorer, Scores
from capsonnx.model.networks import CapsuleNetwork

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from capsonnx.model.networks import Network

__all__ = ["scorer"]


def scorer(network: Network, *, exact: bool = False, outputs: Sequence[str] | None = None) -> Scorer:
    """Put a network into evaluation mode and wrap it as a function from uint8 images (batch, height, width) to scores.

    Args:
        network: on any device.
        outputs: the names of the outputs to compute; None: lengths, and poses if the network has capsules.
        exact: compute everything but the stem in float64, on a copy. On 512 x 512 white pixels torch's own float32 sums
            over 63,504 equal columns drift by 4e-5, ten times more than ONNX Runtime's, so they cannot serve as a
            reference for it.
    """
    network.eval()
    device = next(network.parameters()).device
    dtype = torch.float64 if exact else torch.float32
    names = outputs or ([LENGTHS, POSES] if isinstance(network, CapsuleNetwork) else [LENGTHS])
    head = copy.deepcopy(network).to(dtype) if exact else network

    @torch.inference_mode()
    def score(images: NDArray[np.uint8]) -> Scores:
        features = network.features(torch.from_numpy(images).to(device))
        found = head.outputs(features.to(dtype), names)
        return Scores(**{name: output.float().cpu().numpy() for name, output in found.items()})

    return score
