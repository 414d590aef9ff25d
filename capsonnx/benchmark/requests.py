"""What is asked to be measured: a system, a file and its options."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

from capsonnx.runtime import DEFAULT_CUDA, Cuda

__all__ = ["OURS", "PEERS", "Request"]

OURS = "capsonnx"

PEERS: dict[str, tuple[str, ...]] = {
    "torch": ("torch", "onnx"),
    "torch-compile": ("torch", "onnx"),
    "torch-graphs": ("torch", "onnx"),
    "openvino": ("openvino",),
    "onnxruntime": (),
}
"""The peers, and the pip packages that each needs in addition to those of this package.

Three run the network inside a float32 file, in the better of two memory formats: ``torch`` runs it eagerly,
``torch-compile`` compiles it, and ``torch-graphs`` adds CUDA graphs to that. The other two run any file: ``openvino``
in float32 precision, ``onnxruntime`` without any of the settings of :mod:`capsonnx.runtime.opening`.
"""


@dataclass(frozen=True)
class Request:
    """Which system is to run which file, and how.

    Attributes:
        system: :data:`OURS`, or one of :data:`PEERS`.
        path: the .onnx file.
        provider: the execution provider. Of the peers, torch runs on CUDA if that is named, all others on the CPU.
        threads: the threads that one batch may use on a CPU, or None for the system's default.
        cuda: the options for a GPU; torch follows only the one for TF32.
    """

    system: str
    path: str
    provider: str = "auto"
    threads: int | None = None
    cuda: Cuda = DEFAULT_CUDA

    @property
    def name(self) -> str:
        """The name in tables.

        It is the file for our own runtime, the peer for torch, and both for other peers; then the options for a GPU.
        """
        file = Path(self.path).stem
        torch = {"torch": "torch eager", "torch-compile": "torch.compile", "torch-graphs": "torch.compile, CUDA graphs"}
        chosen = [name for name, is_on in asdict(self.cuda).items() if is_on]
        return ", ".join([torch.get(self.system, file if self.system == OURS else f"{self.system}, {file}"), *chosen])
