"""The peers themselves: each builder returns ways to run a file, by name. Imported only on demand.

A test ensures that code that reads images never imports this module.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from capsonnx.contract import IMAGES
from capsonnx.runtime import load_model

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from capsonnx.benchmark.requests import Request

    Run = Callable[[NDArray[Any]], object]

__all__ = ["BUILDERS"]

MOST_SHAPES = 64
"""The maximum number of shapes for which torch compiles one function."""


def _torch(request: Request, _images: NDArray[Any]) -> dict[str, Run]:
    return {form: _torch_run(request, form) for form in ("contiguous", "channels_last")}


def _torch_compile(request: Request, _images: NDArray[Any]) -> dict[str, Run]:
    return {form: _torch_run(request, form, mode="default") for form in ("contiguous", "channels_last")}


def _torch_graphs(request: Request, _images: NDArray[Any]) -> dict[str, Run]:
    return {form: _torch_run(request, form, mode="reduce-overhead") for form in ("contiguous", "channels_last")}


def _torch_run(request: Request, form: str, *, mode: str | None = None) -> Run:
    """A function that runs the network inside a file; ``mode`` is passed to torch.compile, None means eager."""
    import torch  # noqa: PLC0415 - a peer is imported when it is asked for

    from capsonnx.export import load_network  # noqa: PLC0415
    from capsonnx.training import choose_device  # noqa: PLC0415

    if request.threads is not None:
        torch.set_num_threads(request.threads)
    device = choose_device("cuda" if request.provider == "cuda" else "cpu")
    network = load_network(Path(request.path)).to(device)
    if form == "channels_last":
        network.to(memory_format=torch.channels_last)  # type: ignore[call-overload] # the stubs know it with tensors only
    names = load_model(Path(request.path), provider="cpu").outputs

    def outputs(images: torch.Tensor) -> list[torch.Tensor]:
        return list(network.outputs(network.features(images), names).values())

    if mode is None:
        function = outputs
    else:
        # Compile for every shape and layout; by default, torch gives up after eight per function and runs eagerly.
        torch._dynamo.config.recompile_limit = MOST_SHAPES
        function = torch.compile(outputs, mode=mode, dynamic=False)

    @torch.inference_mode()
    def run(images: NDArray[Any]) -> object:
        # Set at every call: it is global to the process, and systems measured in turn may have set it otherwise.
        torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = request.cuda.tf32
        return [output.cpu().numpy() for output in function(torch.from_numpy(images).to(device))]

    return run


def _openvino(request: Request, images: NDArray[Any]) -> dict[str, Run]:
    import openvino  # noqa: PLC0415 - a peer is imported when it is asked for

    # Without the precision hint, OpenVINO uses bfloat16 on processors that have it.
    options: dict[str, Any] = {"INFERENCE_PRECISION_HINT": "f32", "PERFORMANCE_HINT": "LATENCY"}
    if request.threads is not None:
        options["INFERENCE_NUM_THREADS"] = request.threads
    core = openvino.Core()
    free = core.read_model(request.path)
    fixed = core.read_model(request.path)
    fixed.reshape(list(images.shape))
    compiled = {
        name: core.compile_model(model, "CPU", options) for name, model in (("any size", free), ("fixed size", fixed))
    }

    kind = free.inputs[0].get_element_type().to_dtype()

    def runner(model: Any) -> Run:
        return lambda given: [
            value.shape
            for value in model(given.astype(kind, copy=False), share_inputs=True, share_outputs=True).values()
        ]

    return {name: runner(model) for name, model in compiled.items()}


def _onnxruntime(request: Request, _images: NDArray[Any]) -> dict[str, Run]:
    import onnxruntime  # noqa: PLC0415 - see providers.check_installation

    options = onnxruntime.SessionOptions()
    if request.threads is not None:
        options.intra_op_num_threads = request.threads
    session = onnxruntime.InferenceSession(request.path, options, providers=["CPUExecutionProvider"])
    kind = np.float32 if session.get_inputs()[0].type == "tensor(float)" else np.uint8
    return {"defaults": lambda given: session.run(None, {IMAGES: given.astype(kind, copy=False)})}


BUILDERS: dict[str, Callable[[Request, NDArray[Any]], dict[str, Run]]] = {
    "torch": _torch,
    "torch-compile": _torch_compile,
    "torch-graphs": _torch_graphs,
    "openvino": _openvino,
    "onnxruntime": _onnxruntime,
}
"""The builders by name. Each takes the request and images of the shape to be measured."""
