"""Where to compute, and in what precision."""

from __future__ import annotations

from typing import Literal, TypeAlias

import torch

from capsonnx.errors import ProviderError
from capsonnx.require import require_choice

__all__ = ["Device", "Precision", "choose_device", "choose_precision"]

Device: TypeAlias = Literal["auto", "cpu", "cuda"]
Precision: TypeAlias = Literal["auto", "fp32", "bf16"]


def choose_device(device: Device) -> torch.device:
    """The torch device for a name; ``auto`` is CUDA if torch can use it, else the CPU.

    Raises:
        ProviderError: ``cuda`` was asked for and torch cannot use it.
    """
    available = torch.cuda.is_available()
    if device == "cuda" and not available:
        raise ProviderError(
            f"device 'cuda': torch {torch.__version__} sees no CUDA device here",
            expected="a CUDA build of torch, an NVIDIA GPU and its driver",
            remedy="install them, or pass --device cpu",
        )
    return torch.device("cuda" if available and device != "cpu" else "cpu")


def choose_precision(precision: Precision, device: torch.device) -> Literal["fp32", "bf16"]:
    """What the stem trains in; ``auto`` is bfloat16 if the device has instructions for it (about twice as fast).

    Raises:
        InputError: ``precision`` is none of the choices.
    """
    require_choice("precision", precision, Precision)
    if precision != "auto":
        return precision
    if device.type == "cuda":
        return "bf16" if torch.cuda.is_bf16_supported(including_emulation=False) else "fp32"
    capabilities = torch.cpu.get_capabilities()
    return "bf16" if capabilities.get("avx512_bf16") or capabilities.get("amx_bf16") else "fp32"
