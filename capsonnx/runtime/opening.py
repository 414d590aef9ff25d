"""Opening a file in an ONNX Runtime session. What the file promises is not looked at here.

What a session is made with, and why:

* **Threads**: ONNX Runtime's own number, one for each physical core, unless one is given. Nodes run one after the
  other (sequential): what could run side by side here is small. Where many images are read, a second session of one
  thread is shared by as many threads as there are cores, each of which decodes images and scores them: so none waits
  for another within a batch.
* **Spinning**: threads wait actively for the next node, or for the next batch, but for :data:`SPIN` microseconds at the
  most: a batch of one image needs that, and then the cores are free for other work.
* **Graph level**: all of ONNX Runtime's optimisations, with the layout of convolutions among them.
* **Arena**: on, so that a batch finds its memory where the last one left it; it is shrunk when pages get much smaller
  (:mod:`capsonnx.runtime.runners`). **Memory pattern**: on; batches come in few shapes, because pages are laid on
  multiples of 8 pixels, and each shape then needs one block.
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
"""Microseconds: one image after another is read as fast as with ONNX Runtime's own limit of some milliseconds."""

# A TensorProto names its external file in an entry of key "location": field 1, of 8 bytes. No text holds \x08.
_EXTERNAL_DATA = b"\n\x08location"
_QUANTISED = b"QuantizeLinear"


def content_of(path: Path) -> bytes:
    """The bytes of a model's file.

    Raises:
        InputError: there is no such file.
        ModelError: it has its weights in other files.
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
    """The error of a file whose weights lie in others: these are never looked for."""
    return ModelError(
        f"{name}: has weights in other files (external data)",
        expected="one file that holds everything",
        remedy="save it without external data, or export it with 'capsonnx export'",
    )


def refuse_training(path: Path) -> None:
    """Refuse the folder of a training where an exported file is expected, and say how to make one of it.

    Raises:
        InputError: it is one.
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
    """Open any file that 'capsonnx export' makes; what it promises, the caller has to check.

    Args:
        content: what :func:`content_of` read.
        path: where it came from, for messages.
        provider: ``auto``, ``cpu``, ``cuda`` or a name; see :func:`capsonnx.runtime.providers.resolve`.
        threads: the threads that one batch may use on a CPU, from 1, or None for ONNX Runtime's own number.
        cuda: the choices there are on a GPU; without one they say nothing.

    Returns:
        The session, and the execution provider really taken, as ONNX Runtime names it.

    Raises:
        InputError: there is no provider of that name.
        ModelError: it is not ONNX, or is damaged.
        ProviderError: a provider was asked for by name and cannot be had, or is not for such files; or ONNX Runtime is
            installed twice.
    """
    providers.check_installation()
    order = providers.resolve(provider, cuda)
    if order[0][0] == openvino.OPENVINO and _QUANTISED in content:
        # Its plug-in 1.8.1 gives a wrong field for the shipped int8 file, and no error.
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
    """What ONNX Runtime says, less its error codes and C++ source lines, and not more than a line or two."""
    text = re.sub(r"^\[ONNXRuntimeError\] : \d+ : \w+ : ", "", " ".join(str(error).split()))
    text = re.sub(r"/\S+\.(cc|h):\d+ .*?\) (?=[A-Z])", "", text)
    return text if len(text) <= 200 else text[:199] + "…"


def _options(path: Path, threads: int | None) -> onnxruntime.SessionOptions:
    import onnxruntime  # noqa: PLC0415 - after check_installation

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4  # what matters comes as an exception too
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    options.enable_cpu_mem_arena = True
    options.enable_mem_pattern = True
    options.add_session_config_entry("session.intra_op.allow_spinning", "1")
    options.add_session_config_entry("session.intra_op.spin_duration_us", str(SPIN))
    if threads is not None:
        options.intra_op_num_threads = threads
    # External data is refused before; should any get by, it is looked for in this file as if it were a folder, and
    # not, as it would be for a model of bytes, in the working directory.
    options.add_session_config_entry("session.model_external_initializers_file_folder_path", str(path.absolute()))
    return options


def _open(
    content: bytes, order: list[providers.Provider], path: Path, threads: int | None
) -> tuple[onnxruntime.InferenceSession, str]:
    """Make a session; where a provider fails, one of the CPU alone, which tells a bad provider from a bad model.

    Returns:
        The session, and why the provider failed, or nothing.
    """
    import onnxruntime  # noqa: PLC0415 - after check_installation

    (name, choices), options = order[0], _options(path, threads)
    try:
        with providers.quiet() if len(order) > 1 else nullcontext():
            if name == openvino.OPENVINO and openvino.devices():
                options.add_provider_for_devices(list(openvino.devices()), choices)
                return onnxruntime.InferenceSession(content, options), ""
            # Without its own fallback, which prints, and would go on on the CPU when a GPU fails in mid-run.
            return onnxruntime.InferenceSession(content, options, providers=order, enable_fallback=0), ""
    except Exception as error:  # noqa: BLE001 - ONNX Runtime's exceptions share no base but this
        if len(order) == 1:
            raise _not_loadable(path, error) from None
        reason = message_of(error)
    return _open(content, order[-1:], path, threads)[0], reason


def _not_loadable(path: Path, error: Exception) -> ModelError:
    message = message_of(error)
    if "rotobuf" in message:  # it could not be parsed, or holds no graph
        message = "not an ONNX file, or damaged"
    is_too_new = "IR version" in message or "opset" in message
    return ModelError(
        f"{path}: {message}",
        expected="an .onnx file that this ONNX Runtime can load",
        remedy="upgrade onnxruntime" if is_too_new else "copy or export the file again",
    )
