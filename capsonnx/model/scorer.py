"""The torch network as a :data:`capsonnx.contract.Scorer`, so that exams and parity serve it like an ONNX file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from capsonnx.contract import Scorer, Scores

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from capsonnx.model.networks import Network

__all__ = ["scorer"]


def scorer(network: Network) -> Scorer:
    """Wrap a network, put into evaluation mode, as a function of uint8 images (batch, height, width) to scores."""
    network.eval()
    device = next(network.parameters()).device

    @torch.inference_mode()
    def score(images: NDArray[np.uint8]) -> Scores:
        outputs = network(torch.from_numpy(images).to(device))
        return Scores(*(output.float().cpu().numpy() for output in outputs))

    return score
