"""What can be measured: this package's own runtime and its peers, which are imported only on demand.

Every system takes the same uint8 images and returns all outputs of the file, in main memory, in float32.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from capsonnx import __version__
from capsonnx.benchmark.requests import OURS, PEERS, Request
from capsonnx.errors import CapsonnxError, InputError, ModelError
from capsonnx.runtime import load_model

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    Run = Callable[[NDArray[Any]], object]

__all__ = ["System", "build_system", "check_peers"]


@dataclass(frozen=True)
class System:
    """A system that is ready to run.

    Attributes:
        request: what it runs.
        version: the version of the package that runs it.
        setting: the best setting for the images it was built for, or the provider actually used.
        run: takes images, (batch, height, width) uint8, and computes all outputs.
    """

    request: Request
    version: str
    setting: str
    run: Run


def check_peers(names: list[str]) -> None:
    """Check that these peers exist and that their packages are installed, without importing them.

    Raises:
        InputError: there is no such peer, or a package is missing.
    """
    for name in names:
        if name not in PEERS:
            raise InputError(
                f"--against {name}", expected=f"one or more of {', '.join(PEERS)}", remedy="pass these, by commas"
            )
        for package in PEERS[name]:
            if find_spec(package) is None:
                raise InputError(
                    f"--against {name}: the package {package} is not installed",
                    expected="it",
                    remedy=f"run: pip install {package}, or leave {name} out",
                )


def build_system(request: Request, images: NDArray[Any]) -> System:
    """Load a system and choose the best of its settings for images of this shape by trying them.

    Raises:
        InputError: the file or a package is missing.
        ModelError: the system cannot run the file.
        ProviderError: the provider is not available.
    """
    if request.system == OURS:
        model = load_model(Path(request.path), provider=request.provider, threads=request.threads, cuda=request.cuda)
        return System(request, __version__, model.provider, lambda given: model(given, model.outputs))
    check_peers([request.system])
    from capsonnx.benchmark.peers import BUILDERS  # noqa: PLC0415 - a peer is imported when it is asked for

    try:
        choices = BUILDERS[request.system](request, images)
        setting, run = _quickest(choices, images)
    except CapsonnxError:
        raise
    except Exception as error:  # noqa: BLE001 - other people's packages
        raise ModelError(
            f"{request.name}: {' '.join(str(error).split())[:200] or type(error).__name__}",
            expected="a peer that runs the file",
            remedy=f"leave {request.system} out of --against",
        ) from None
    return System(request, _version(request.system), setting, run)


def _version(system: str) -> str:
    import onnxruntime  # noqa: PLC0415 - its distribution has several names

    return onnxruntime.__version__ if system == "onnxruntime" else metadata.version(PEERS[system][0])


def _quickest(choices: Mapping[str, Run], images: NDArray[Any]) -> tuple[str, Run]:
    """The name and function of the choice that ran these images fastest, in three calls after two to warm up."""
    if len(choices) == 1:
        return next(iter(choices.items()))
    return min(choices.items(), key=lambda choice: _least_seconds(choice[1], images))


def _least_seconds(run: Run, images: NDArray[Any]) -> float:
    seconds = []
    for _ in range(5):
        start = time.perf_counter()
        run(images)
        seconds.append(time.perf_counter() - start)
    return min(seconds[2:])
