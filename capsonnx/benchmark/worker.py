"""Run one system in a process of its own, so that its memory is measured apart from everything else.

:func:`run_alone` runs it as ``python -m capsonnx.benchmark.worker``, with a JSON object on standard input and one on
standard output.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from importlib import import_module
from statistics import median
from typing import TYPE_CHECKING, Any

from capsonnx.benchmark.images import digits
from capsonnx.benchmark.machine import peak_bytes
from capsonnx.benchmark.requests import PEERS, Request
from capsonnx.benchmark.systems import build_system
from capsonnx.errors import CapsonnxError, ModelError
from capsonnx.runtime import Cuda

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Alone", "run_alone"]


@dataclass(frozen=True)
class Alone:
    """What a system needed, alone in a process.

    Attributes:
        seconds: the median of the calls after the first.
        start_bytes: the peak resident memory once everything was imported and the images were ready, before the file
            was loaded.
        peak_bytes: the peak after the calls.
    """

    seconds: float
    start_bytes: int
    peak_bytes: int

    @property
    def bytes(self) -> int:
        """How much loading and running the file added to the peak."""
        return self.peak_bytes - self.start_bytes


def run_alone(request: Request, shape: tuple[int, int, int], *, calls: int = 4) -> Alone:
    """Run a system on images of one shape in a new process.

    Args:
        request: the system.
        shape: batch, height and width.
        calls: the number of calls, at least 2.

    Raises:
        ModelError: the process failed, perhaps for lack of memory; the message is its last line.
    """
    result = subprocess.run(
        [sys.executable, "-m", "capsonnx.benchmark.worker"],
        input=json.dumps({"request": asdict(request), "shape": shape, "calls": calls}),
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode != 0:
        said = result.stderr.strip().splitlines()
        raise ModelError(
            f"{request.name} on {shape}: {said[-1] if said else f'ended by signal {-result.returncode}'}",
            expected="a run without error",
            remedy="use smaller images or a smaller batch",
        )
    return Alone(**json.loads(result.stdout))


def run_here(task: Mapping[str, Any]) -> Alone:
    """Do in this process what :func:`run_alone` asks for."""
    request = Request(**{**task["request"], "cuda": Cuda(**task["request"]["cuda"])})
    shape, calls = task["shape"], task["calls"]
    images = digits(*shape)
    _import_alone(request.system)
    start = peak_bytes()
    system = build_system(request, images)
    seconds = []
    for _ in range(calls):
        begin = time.perf_counter()
        system.run(images)
        seconds.append(time.perf_counter() - begin)
    return Alone(median(seconds[1:]), start, peak_bytes())


def _import_alone(system: str) -> None:
    """Import what the system runs on, so that it is not counted."""
    for name in ("onnxruntime", *PEERS.get(system, ()), *(["capsonnx.export"] if system.startswith("torch") else [])):
        import_module(name)


if __name__ == "__main__":
    try:
        sys.stdout.write(json.dumps(asdict(run_here(json.load(sys.stdin)))))
    except CapsonnxError as error:
        sys.exit(str(error))
