"""Open a file in an ONNX Runtime session. What the file promises is not checked here.

The settings of a session, and the reasons for them:

* **Threads**: ONNX Runtime's default, one per physical core, unless a number is given. Nodes run sequentially, because
  what could run in parallel is small. To read many images, several threads (one per core, at most 8, by default) share
  a second session that uses one thread per batch. Each of them decodes images and scores them, so that none waits for
  another within a batch.
* **Spinning**: threads busy-wait for the next node or the next batch, but for at most :data:`SPIN` microseconds. A
  batch of one image needs this; afterwards the cores are free for other work.
* **Graph level**: all of ONNX Runtime's optimisations, including those of the layout of convolutions.
* **Arena**: on, so that each batch reuses the memory of the one before. It is shrunk when pages get much smaller
  (:mod:`capsonnx.runtime.runners`). **Memory pattern**: on. The sides of pages are multiples of 8 pixels, so batches
  come in few shapes, and each shape then needs a single block.
"""

from __future__ import annotations

import re
import shlex
from contextlib import nullcontext
from typing import TYPE_CHECKING

from capsonnx.errors import InputError, ModelError, ProviderError
from capsonnx.runtime import openvino, providers

if TYPE_CHECKING:
    from pathlib import Path

    import onnxruntime

__all__ = ["content_of", "has_external_data", "message_of", "open_session", "refuse_training"]

SPIN = 200
"""Microseconds. Single images in a row are read as fast as with ONNX Runtime's own limit of some milliseconds."""

# A TensorProto names its external file in an entry with the key "location": field 1, 8 bytes. No text contains \x08.
_EXTERNAL_DATA = b"\n\x08location"
_QUANTISED = b"QuantizeLinear"


def content_of(path: Path) -> bytes:
    """Read the bytes of a model file.

    Raises:
        InputError: the file cannot be read, or is the folder of a training run.
        ModelError: its weights are in other files.
    """
    refuse_training(path)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError(
            f"{path}: {error.strerror}", expected="an .onnx file made by 'capsonnx export'", remedy="check the path"
        ) from None
    if _EXTERNAL_DATA in content:
        raise has_external_data(str(path))
    return content


def has_external_data(name: str) -> ModelError:
    """Make the error for a file with weights in other files, which are never looked for."""
    return ModelError(
        f"{name}: has weights in other files (external data)",
        expected="one file that holds everything",
        remedy="save it without external data, or export it with 'capsonnx export'",
    )


def refuse_training(path: Path) -> None:
    """Refuse the folder of a training run where an exported file is expected, and say how to export it.

    Raises:
        InputError: ``path`` is such a folder.
    """
    if (path / "config.json").is_file():
        raise InputError(
            f"{path}: the folder of a training",
            expected="an .onnx file",
            remedy=f"make one: {shlex.join(['capsonnx', 'export', str(path), '-o', 'model.onnx'])}",
        )


def open_session(
    content: bytes,
    path: Path,
    *,
    provider: str,
    threads: int | None = None,
    cuda: providers.Cuda = providers.DEFAULT_CUDA,
) -> tuple[onnxruntime.InferenceSession, str]:
    """Open any file that 'capsonnx export' makes. The caller has to check what the file promises.

    Args:
        content: what :func:`content_of` returned.
        path: where the content came from, for error messages.
        provider: ``auto``, ``cpu``, ``cuda`` or another name; see :func:`capsonnx.runtime.providers.resolve`.
        threads: the number of threads that one batch may use on a CPU, at least 1, or None for ONNX Runtime's default.
        cuda: the settings for a GPU; without a GPU they have no effect.

    Returns:
        The session, and ONNX Runtime's name of the execution provider that it actually uses.

    Raises:
        InputError: there is no provider of that name.
        ModelError: the content is not ONNX, or is damaged.
        ProviderError: the provider was asked for by name, but is not available or does not support such files; or ONNX
            Runtime is missing or installed twice.
    """
    providers.check_installation()
    order = providers.resolve(provider, cuda)
    if order[0][0] == openvino.OPENVINO and _QUANTISED in content:
        # Its plug-in 1.8.1 computes a wrong `field` for the shipped int8 file, without an error.
        raise ProviderError(
            f"provider {provider}: not for {path}, an int8 file",
            expected="a file of float32 or float16",
            remedy="use --provider cpu, or the float32 file",
        )
    session, reason = _open(content, order, path, threads)
    taken = providers.taken(session, provider, reason)
    if taken == providers.CUDA:
        providers.silence_logs()
    return session, taken


def message_of(error: Exception) -> str:
    """Return ONNX Runtime's message without error codes and C++ source lines, cut to at most 200 characters."""
    text = re.sub(r"^\[ONNXRuntimeError\] : \d+ : \w+ : ", "", " ".join(str(error).split()))
    text = re.sub(r"/\S+\.(cc|h):\d+ .*?\) (?=[A-Z])", "", text)
    return text if len(text) <= 200 else text[:199] + "…"


def _options(path: Path, threads: int | None) -> onnxruntime.SessionOptions:
    import onnxruntime  # noqa: PLC0415 - after check_installation

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4  # errors that matter are raised as exceptions, too
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    options.enable_cpu_mem_arena = True
    options.enable_mem_pattern = True
    options.add_session_config_entry("session.intra_op.allow_spinning", "1")
    options.add_session_config_entry("session.intra_op.spin_duration_us", str(SPIN))
    if threads is not None:
        options.intra_op_num_threads = threads
    # External data was refused before. Should any slip through, it is looked for inside this file, as if this were a
    # folder, and not in the working directory, where ONNX Runtime looks if a model is given as bytes.
    options.add_session_config_entry("session.model_external_initializers_file_folder_path", str(path.absolute()))
    return options


def _open(
    content: bytes, order: list[providers.Provider], path: Path, threads: int | None
) -> tuple[onnxruntime.InferenceSession, str]:
    """Make a session. If a provider fails, make one on the CPU alone, to tell a bad provider from a bad model.

    Returns:
        The session, and why the provider failed, or an empty string.
    """
    import onnxruntime  # noqa: PLC0415 - after check_installation

    (name, choices), options = order[0], _options(path, threads)
    try:
        with providers.quiet() if len(order) > 1 else nullcontext():
            if name == openvino.OPENVINO and openvino.devices():
                options.add_provider_for_devices(list(openvino.devices()), choices)
                return onnxruntime.InferenceSession(content, options), ""
            # Without ONNX Runtime's own fallback: it prints, and would continue on the CPU if a GPU failed mid-run.
            return onnxruntime.InferenceSession(content, options, providers=order, enable_fallback=0), ""
    except Exception as error:  # noqa: BLE001 - ONNX Runtime's exceptions share no base but this
        if len(order) == 1:
            raise _not_loadable(path, error) from None
        reason = message_of(error)
    return _open(content, order[-1:], path, threads)[0], reason


def _not_loadable(path: Path, error: Exception) -> ModelError:
    message = message_of(error)
    if "rotobuf" in message:  # the file could not be parsed, or contains no graph
        message = "not an ONNX file, or damaged"
    is_too_new = "IR version" in message or "opset" in message
    return ModelError(
        f"{path}: {message}",
        expected="an .onnx file that this ONNX Runtime can load",
        remedy="upgrade onnxruntime" if is_too_new else "copy or export the file again",
    )
