"""The machine: what it is, the most that it can multiply, and what a process took of its memory."""

from __future__ import annotations

import platform
import re
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from capsonnx.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["GEMM_SIDE", "gemm", "gemm_multiply_adds", "peak_bytes", "processor"]

GEMM_SIDE = 2048
"""The side of the square float32 matrices whose product is the roof: large enough to be bound by arithmetic."""


def processor() -> str:
    """The name of the processor, as the system has it."""
    try:
        found = re.search(r"^model name\s*: (.*)$", Path("/proc/cpuinfo").read_text(encoding="utf-8"), re.MULTILINE)
    except OSError:
        found = None
    return found[1] if found else platform.processor() or platform.machine()


def gemm(side: int = GEMM_SIDE) -> Callable[[], object]:
    """A call that multiplies two square float32 matrices by NumPy's BLAS, in memory that is there already."""
    generator = np.random.default_rng(0)
    one, other = (generator.standard_normal((side, side), np.float32) for _ in range(2))
    product = np.empty_like(one)
    return lambda: np.matmul(one, other, out=product)


def gemm_multiply_adds(side: int = GEMM_SIDE) -> int:
    """The multiply-adds of one such product.

    >>> gemm_multiply_adds(10)
    1000
    """
    return side**3


def peak_bytes() -> int:
    """The most memory that this process has had resident so far.

    On Linux it is the peak of this very program: the kernel's other figure, ``ru_maxrss``, begins with that of the
    process which started it.

    Raises:
        InputError: the system tells no process.
    """
    try:
        status = Path("/proc/self/status").read_text(encoding="utf-8")
    except OSError:
        try:
            import resource  # noqa: PLC0415 - not on Windows
        except ImportError:
            raise InputError(
                f"memory of a process on {platform.system()}",
                expected="Linux or macOS, where a process can ask for its peak",
                remedy="measure there, or in WSL",
            ) from None
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak if platform.system() == "Darwin" else peak * 1024
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024
