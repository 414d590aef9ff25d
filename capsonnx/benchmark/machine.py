"""The machine: its processor, its maximum rate of multiply-adds, and how much memory a process has used."""

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
"""The side of the square float32 matrices whose product is the roof: large enough to be compute-bound."""


def processor() -> str:
    """The name of the processor, as reported by the system."""
    try:
        found = re.search(r"^model name\s*: (.*)$", Path("/proc/cpuinfo").read_text(encoding="utf-8"), re.MULTILINE)
    except OSError:
        found = None
    return found[1] if found else platform.processor() or platform.machine()


def gemm(side: int = GEMM_SIDE) -> Callable[[], object]:
    """A function that multiplies two square float32 matrices with NumPy's BLAS, in preallocated memory."""
    generator = np.random.default_rng(0)
    one, other = (generator.standard_normal((side, side), np.float32) for _ in range(2))
    product = np.empty_like(one)
    return lambda: np.matmul(one, other, out=product)


def gemm_multiply_adds(side: int = GEMM_SIDE) -> int:
    """The number of multiply-adds of one product of square matrices.

    >>> gemm_multiply_adds(10)
    1000
    """
    return side**3


def peak_bytes() -> int:
    """The peak resident memory of this process so far.

    On Linux this is the peak of this program alone: the kernel's other figure, ``ru_maxrss``, starts from that of the
    process that launched it.

    Raises:
        InputError: the system does not report it to a process.
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
