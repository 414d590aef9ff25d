"""Squash functions: shorten a vector to below length one, so that its length can express the confidence in a class.

All keep the direction, v = s f(‖s‖)/‖s‖, and differ in the length f(n):

=============  ===================  =====================================================================
``half``       n²/(0.5 + n²)        the article's
``hinton``     n²/(1 + n²)          Sabour et al. (2017): short vectors are shortened more
``tanh``       tanh n               from the article's comments: not flat at zero, short vectors keep their length
``exponential``  1 - e^-n           as ``tanh``
``ratio``      n/(1 + n)            as ``tanh``, but the slowest to reach one
``learnable``  n²/(κ + n²)          κ is learnt: initially 0.5, at least 0.01
``last``       n²/(0.5 + n²)        the article's, but only after the last iteration, not between iterations
=============  ===================  =====================================================================
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.linalg import vector_norm

if TYPE_CHECKING:
    from collections.abc import Callable

    from capsonnx.model.config import SquashName

__all__ = ["Squash", "normalise", "squash"]

SMALLEST_NORM = 1e-6
"""Norms are clamped to at least this value, so that a blank image has finite activations and gradients."""

SMALLEST_CONSTANT = 0.01
"""The smallest κ."""

CURVES: dict[str, Callable[[Tensor], Tensor]] = {
    "tanh": torch.tanh,
    "exponential": lambda norm: 1 - torch.exp(-norm),
    "ratio": lambda norm: norm / (1 + norm),
}
"""The functions f(n) that do not have the form n²/(κ + n²)."""


def squash(s: Tensor, constant: float | Tensor = 0.5) -> Tensor:
    """Shorten vectors to below length one, keeping their direction: v = s ‖s‖ / (κ + ‖s‖²).

    The default κ = 0.5 is the article's; it shortens short vectors less than the 1 of Sabour et al. (2017).

    Args:
        s: (..., D) floating point.
        constant: κ, above 0.

    Returns:
        v: (..., D), with ‖v‖ = ‖s‖² / (κ + ‖s‖²) in [0, 1); zero, with zero gradient, where s is zero.

    >>> vector_norm(squash(torch.tensor([[3.0, 4.0], [0.0, 0.0]])), dim=-1)
    tensor([0.9804, 0.0000])
    """
    norm: Tensor = vector_norm(s, dim=-1, keepdim=True)
    return s * (norm / (constant + norm * norm))


def normalise(s: Tensor) -> Tensor:
    """Scale vectors to length one, except that vectors shorter than 1e-6 go to zero continuously.

    Args:
        s: (..., D) floating point.

    Returns:
        (..., D), of length one, or ‖s‖ / 1e-6 where ‖s‖ is below 1e-6.

    >>> normalise(torch.tensor([[3.0, 4.0], [0.0, 0.0]]))
    tensor([[0.6000, 0.8000],
            [0.0000, 0.0000]])
    """
    norm: Tensor = vector_norm(s, dim=-1, keepdim=True)
    return s / norm.clamp_min(SMALLEST_NORM)


class Squash(nn.Module):
    """A squash function, chosen by name."""

    def __init__(self, name: SquashName = "half") -> None:
        super().__init__()
        self.between_iterations = name != "last"
        self._curve = CURVES.get(name)
        self.constant: float | Tensor = 1.0 if name == "hinton" else 0.5
        if name == "learnable":
            self.constant = nn.Parameter(torch.tensor(0.5))

    def forward(self, s: Tensor) -> Tensor:
        """Map vectors (..., D) to vectors (..., D) of the same direction and of length f(‖s‖) in [0, 1)."""
        if self._curve is None:
            return squash(s, self.constant)
        norm: Tensor = vector_norm(s, dim=-1, keepdim=True)
        return s * (self._curve(norm) / norm.clamp_min(SMALLEST_NORM))

    def between(self, s: Tensor) -> Tensor:
        """Squash vectors (..., D) between two iterations of routing; ``last`` leaves them unchanged there."""
        return self(s) if self.between_iterations else s

    def lengths(self, square: Tensor) -> Tensor:
        """The lengths f(‖s‖) from ‖s‖², of any shape, when the vectors themselves are not needed."""
        if self._curve is None:
            return square / (self.constant + square)
        return self._curve(square.clamp_min(SMALLEST_NORM**2).sqrt())

    @torch.no_grad()
    def constrain(self) -> None:
        """Keep a learnt constant above zero; call it after each training step."""
        if isinstance(self.constant, Tensor):
            self.constant.clamp_(min=SMALLEST_CONSTANT)
