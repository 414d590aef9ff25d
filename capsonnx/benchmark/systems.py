"""What can be measured: this package's own runtime, and its peers, which are imported only when asked for.

Every system gets the same uint8 images and gives all outputs that the file has, in main memory, in float32.
"""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from capsonnx import __version__
from capsonnx.errors import CapsonnxError, InputError, ModelError
from capsonnx.runtime import DEFAULT_CUDA, Cuda, load_model

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    Run = Callable[[NDArray[Any]], object]

__all__ = ["OURS", "PEERS", "Request", "System", "build_system", "check_peers"]

OURS = "capsonnx"

PEERS: dict[str, tuple[str, ...]] = {
    "torch": ("torch", "onnx"),
    "torch-compile": ("torch", "onnx"),
    "torch-graphs": ("torch", "onnx"),
    "openvino": ("openvino",),
    "onnxruntime": (),
}
"""The peers, and the pip packages that each needs beyond those of this package itself.

Three run the network inside a float32 file, in the better of two memory formats: ``torch``, eager; ``torch-compile``;
and ``torch-graphs``, which is the same with CUDA graphs. ``openvino`` runs any file, in float32 precision; and so does
``onnxruntime``, with none of the settings of :mod:`capsonnx.runtime.opening`.
"""


@dataclass(frozen=True)
class Request:
    """Which system is to run which file, and how.

    Attributes:
        system: :data:`OURS`, or one of :data:`PEERS`.
        path: the .onnx file.
        provider: the execution provider; torch runs on CUDA if that is named, all other peers on the CPU.
        threads: the threads that one batch may use on a CPU, or None for each system's own number.
        cuda: the choices there are on a GPU; torch follows that of TF32.
    """

    system: str
    path: str
    provider: str = "auto"
    threads: int | None = None
    cuda: Cuda = DEFAULT_CUDA

    @property
    def name(self) -> str:
        """What tables call it: ours by its file, peers of a file by both."""
        file = Path(self.path).stem
        torch = {"torch": "torch eager", "torch-compile": "torch.compile", "torch-graphs": "torch.compile, CUDA graphs"}
        chosen = [name for name, is_on in asdict(self.cuda).items() if is_on]
        return ", ".join([torch.get(self.system, file if self.system == OURS else f"{self.system}, {file}"), *chosen])


@dataclass(frozen=True)
class System:
    """A system that is ready to run.

    Attributes:
        request: what it is.
        version: of the package that runs.
        setting: what was found best for the images it was built for, or the provider really taken.
        run: images (batch, height, width) uint8 to all outputs.
    """

    request: Request
    version: str
    setting: str
    run: Run


def check_peers(names: list[str]) -> None:
    """Check that there are such peers, and that their packages are installed, without importing them.

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
    """Load a system, and choose the best of its settings for images of this shape by trying them.

    Raises:
        InputError: the file or a package is not there.
        ModelError: the system cannot run the file.
        ProviderError: the provider cannot be had.
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
    """The name and the function of the choice that ran these images fastest, of three calls after two of warm-up."""
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
