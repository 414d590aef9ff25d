"""What a file computes and where: ONNX Runtime's own profile of several runs, node by node."""

from __future__ import annotations

import json
import math
import statistics
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from capsonnx.contract import IMAGES
from capsonnx.errors import ModelError
from capsonnx.runtime import providers

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Node", "multiply_adds", "profile", "time_by_operator"]


@dataclass(frozen=True)
class Node:
    """One node of a graph as it was run.

    Attributes:
        operator: its type in ONNX, or in ONNX Runtime if nodes were fused.
        provider: the execution provider that actually ran it.
        inputs: the shape of each input.
        outputs: the shape of each output.
        seconds: how long it took, the median of the profiled runs.
    """

    operator: str
    provider: str
    inputs: tuple[tuple[int, ...], ...]
    outputs: tuple[tuple[int, ...], ...]
    seconds: float

    @property
    def multiply_adds(self) -> int:
        """The multiply-adds of a convolution or a matrix product; 0 for all other nodes, such as adds and scales."""
        if self.operator == "Conv":
            return math.prod(self.outputs[0]) * math.prod(self.inputs[1][1:])
        if self.operator in ("MatMul", "Gemm"):
            return math.prod(self.outputs[0]) * self.inputs[0][-1]
        return 0


def profile(
    path: Path,
    shape: tuple[int, int, int],
    *,
    provider: str = "cpu",
    optimised: bool = True,
    cuda: providers.Cuda = providers.DEFAULT_CUDA,
    threads: int | None = None,
    runs: int = 1,
) -> list[Node]:
    """Run a file on black images with ONNX Runtime's profiler, after a warm-up run.

    Args:
        path: a file that follows the contract.
        shape: batch, height and width.
        provider: see :func:`capsonnx.runtime.providers.resolve`.
        optimised: whether ONNX Runtime may fuse and reorder nodes; if not, they are those of the file.
        cuda: see :class:`capsonnx.runtime.providers.Cuda`.
        threads: the threads that a node may use on a CPU, at least 1, or None for ONNX Runtime's default.
        runs: the number of runs, at least 1.

    Raises:
        ModelError: the file cannot be loaded or run.
        ProviderError: the provider is not available.
    """
    import onnxruntime  # noqa: PLC0415 - see providers.check_installation

    with tempfile.TemporaryDirectory() as folder:
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 4
        options.enable_profiling = True
        options.profile_file_prefix = str(Path(folder, "profile"))
        if threads is not None:
            options.intra_op_num_threads = threads
        if not optimised:
            options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
        order = providers.resolve(provider, cuda)
        try:
            with providers.quiet():
                session = onnxruntime.InferenceSession(str(path), options, providers=order, enable_fallback=0)
            element = np.uint8 if "uint8" in session.get_inputs()[0].type else np.float32
            for _ in range(1 + runs):
                session.run(None, {IMAGES: np.zeros(shape, element)})
        except Exception as error:  # noqa: BLE001 - ONNX Runtime's exceptions share no base but this
            raise ModelError(
                f"{path}: cannot be run ({' '.join(str(error).split())[:200]})",
                expected="an .onnx file made by 'capsonnx export'",
                remedy="check it with 'capsonnx check', or use smaller images",
            ) from None
        events = json.loads(Path(session.end_profiling()).read_text(encoding="utf-8"))
    nodes = list(_nodes(events))
    count = len(nodes) // (1 + runs)
    measured = [nodes[start : start + count] for start in range(count, len(nodes), count)]
    return [
        replace(same[0], seconds=statistics.median(node.seconds for node in same))
        for same in zip(*measured, strict=True)
    ]


def time_by_operator(nodes: Iterable[Node]) -> dict[str, float]:
    """The total seconds of the nodes of each operator, the longest first.

    >>> conv, relu = (Node(operator, "cpu", (), (), 0.5) for operator in ("Conv", "Relu"))
    >>> time_by_operator([relu, conv, conv])
    {'Conv': 1.0, 'Relu': 0.5}
    """
    found: dict[str, float] = {}
    for node in nodes:
        found[node.operator] = found.get(node.operator, 0.0) + node.seconds
    return dict(sorted(found.items(), key=lambda item: -item[1]))


def multiply_adds(path: Path, shape: tuple[int, int, int]) -> int:
    """Count the multiply-adds of a file's own graph, from the shapes that its nodes had in a run.

    Counted are convolutions and matrix products, for all outputs of the file. Everything else, such as additions and
    pooling, is not.

    Args:
        path: a file that follows the contract.
        shape: batch, height and width; one image is enough if the work grows in proportion to the batch.
    """
    return sum(node.multiply_adds for node in profile(path, shape, optimised=False))


def _nodes(events: Iterable[dict[str, Any]]) -> Iterable[Node]:
    """Yield the nodes of all runs, in the order in which they ran."""
    for event in events:
        if event["cat"] == "Node" and event["name"].endswith("_kernel_time"):
            found = event["args"]
            yield Node(
                found["op_name"],
                found["provider"],
                tuple(map(_shape, found["input_type_shape"])),
                tuple(map(_shape, found["output_type_shape"])),
                event["dur"] / 1e6,
            )


def _shape(typed: dict[str, list[int]]) -> tuple[int, ...]:
    """The shape in the profile's {type: shape}; () for a missing value."""
    return tuple(next(iter(typed.values()), []))
