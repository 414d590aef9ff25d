"""Which execution provider runs a model: the one asked for, those tried, and the one actually used."""

from __future__ import annotations

import contextlib
import ctypes
import functools
import io
import sys
from dataclasses import dataclass
from importlib import metadata, util
from typing import TYPE_CHECKING, Any, TypeAlias

from capsonnx.errors import CapsonnxError, InputError, ProviderError
from capsonnx.runtime import openvino

if TYPE_CHECKING:
    from collections.abc import Iterator

    import onnxruntime

__all__ = [
    "CPU",
    "CUDA",
    "DEFAULT_CUDA",
    "Cuda",
    "check_installation",
    "has_driver",
    "quiet",
    "resolve",
    "silence_logs",
    "taken",
]

CPU = "CPUExecutionProvider"
CUDA = "CUDAExecutionProvider"

DRIVER = "nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1"
"""The file name of NVIDIA's driver library."""

Provider: TypeAlias = tuple[str, dict[str, Any]]
"""A provider's name in ONNX Runtime, and its options."""


@dataclass(frozen=True)
class Cuda:
    """The settings for a GPU. With the defaults, its scores equal those of a CPU up to float32 rounding.

    Attributes:
        tf32: whether convolutions and matrix products may round their factors to the ten bits of TF32. This is faster
            on GPUs from Ampere on, with an error of about 1e-3 of a value.
        prefer_nhwc: whether convolutions run with channels last. Tensor cores prefer this layout (float16, TF32), but
            each change of layout costs a Transpose.
        graphs: whether the kernels of a shape are recorded once and then launched together, which saves most of the
            time of small batches. For programs with few shapes, since each shape keeps its buffers.
    """

    tf32: bool = False
    prefer_nhwc: bool = False
    graphs: bool = False

    def options(self) -> dict[str, Any]:
        """Return the options of the CUDA provider.

        The search for a convolution algorithm is heuristic. The exhaustive search, which is the default, takes longer
        for each new shape; older versions of ONNX Runtime then try every algorithm. The arena grows by the amount
        requested, not to the next power of two, so that the memory taken by a large page can be released (see
        :mod:`capsonnx.runtime.runners`).
        """
        return {
            "cudnn_conv_algo_search": "HEURISTIC",
            "arena_extend_strategy": "kSameAsRequested",
            "use_tf32": int(self.tf32),
            "prefer_nhwc": int(self.prefer_nhwc),
            "enable_cuda_graph": int(self.graphs),
        }


DEFAULT_CUDA = Cuda()
"""The default settings for a GPU."""


def check_installation() -> None:
    """Check that ONNX Runtime is installed, and only once.

    Raises:
        ProviderError: it is missing, or both ``onnxruntime`` and ``onnxruntime-gpu`` are installed. These overwrite
            each other's files, and which of the two then runs is left to chance.
    """
    installed = [name for name in ("onnxruntime", "onnxruntime-gpu") if _is_installed(name)]
    if len(installed) > 1:
        raise ProviderError(
            "both onnxruntime and onnxruntime-gpu are installed, over each other",
            expected="one of the two",
            remedy="run: pip uninstall -y onnxruntime onnxruntime-gpu && pip install onnxruntime-gpu",
        )
    # Other builds, such as onnxruntime-openvino, install the same module under another package name.
    if not installed and util.find_spec("onnxruntime") is None:
        raise ProviderError(
            "ONNX Runtime is not installed",
            expected="onnxruntime or onnxruntime-gpu",
            remedy="run: pip install onnxruntime",
        )


def resolve(provider: str, cuda: Cuda = DEFAULT_CUDA) -> list[Provider]:
    """List the providers to try, in order, with the CPU last.

    Args:
        provider: ``auto`` (CUDA if this build of ONNX Runtime has it, else the CPU), ``cpu``, ``cuda``, or ONNX
            Runtime's name of another provider, with or without ``ExecutionProvider``, in upper or lower case; or
            ``openvino-bf16``, see :mod:`capsonnx.runtime.openvino`.
        cuda: the settings for CUDA, if it is among the providers.

    Raises:
        InputError: ONNX Runtime knows no such provider.
        ProviderError: ONNX Runtime knows the provider, but it is not available here.

    >>> [name for name, options in resolve("cpu")]
    ['CPUExecutionProvider']
    """
    import onnxruntime  # noqa: PLC0415 - so that a broken installation can be reported first

    available = onnxruntime.get_available_providers()
    plugged = provider.lower().removesuffix("executionprovider")
    if plugged in openvino.NAMES:
        if openvino.devices():
            return [(openvino.OPENVINO, openvino.options(plugged)), (CPU, {})]
        # Without its plug-in, some builds include it, but in float32 alone.
        if openvino.OPENVINO not in available or plugged != "openvino":
            raise _not_had(provider, "its plug-in, and an Intel processor")
    if provider == "auto":
        name = CUDA if CUDA in available else CPU
    else:
        by_short_name = {known.removesuffix("ExecutionProvider").lower(): known for known in available}
        name = by_short_name.get(provider.lower().removesuffix("executionprovider"), "")
    if not name:
        names = dict.fromkeys(["auto", *by_short_name, *(openvino.NAMES if openvino.devices() else ())])
        raise _not_in_this_build(provider, f"one of {', '.join(names)}")
    if name == CUDA:
        _preload_cuda()
    order = [name] if name == CPU else [name, CPU]
    return [(one, cuda.options() if one == CUDA else {}) for one in order]


def taken(session: onnxruntime.InferenceSession, provider: str, reason: str = "") -> str:
    """Return the name of the provider that a session actually uses.

    The session itself is asked, because the list of available providers names CUDA even on machines without a GPU.

    Args:
        session: the session, made with what :func:`resolve` returned for ``provider``.
        provider: what was asked for.
        reason: ONNX Runtime's message about a provider that was not available, or an empty string.

    Raises:
        ProviderError: a provider was asked for by name, and the session runs without it.
    """
    name = str(session.get_providers()[0])
    short = name.removesuffix("ExecutionProvider").lower()
    if provider == "auto" or provider.lower().removesuffix("-bf16") in (short, name.lower()):
        return name
    if short == "cpu" and provider.lower().startswith("cuda") and not has_driver():
        raise ProviderError(
            f"provider {provider}: cannot be had here, where there is no {DRIVER}",
            expected="an NVIDIA GPU and its driver",
            remedy="use --provider cpu",
        )
    raise _not_had(provider, "its device, driver and libraries on this machine", reason)


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Keep ONNX Runtime from reporting on stderr that a provider it tried is not available.

    The log level is process-wide and cannot be queried; afterwards it is ONNX Runtime's initial one.
    """
    import onnxruntime  # noqa: PLC0415 - see resolve

    silence_logs()
    try:
        yield
    finally:
        onnxruntime.set_default_logger_severity(2)  # warnings, as it starts


def silence_logs() -> None:
    """From now on, keep ONNX Runtime from reporting on stderr what is not fatal.

    CUDA reports as an error every algorithm that cuDNN lacks for a convolution, and then uses another: five times for a
    float16 file on an H200. Real failures are raised as exceptions.
    """
    import onnxruntime  # noqa: PLC0415 - see resolve

    onnxruntime.set_default_logger_severity(4)  # fatal only


def has_driver() -> bool:
    """Return whether NVIDIA's driver is on this machine: without it there is no CUDA, whatever else is installed."""
    try:
        ctypes.CDLL(DRIVER)
    except OSError:
        return False
    return True


@functools.cache
def _preload_cuda() -> None:
    """Load CUDA and cuDNN from the wheels of the extra 'cuda'. If they are missing, opening the session reports it.

    This is done once per process: to hide the messages about missing libraries, it redirects stdout, to which other
    threads may write. It is skipped without a driver, where the libraries would take 230 MB of memory for nothing.
    """
    import onnxruntime  # noqa: PLC0415 - see resolve

    preload = getattr(onnxruntime, "preload_dlls", None)  # since ONNX Runtime 1.21
    if preload is not None and has_driver():
        with quiet(), contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(RuntimeError, OSError):
            preload()


def _not_in_this_build(provider: str, expected: str) -> CapsonnxError:
    """Make the error for a provider that this build lacks, or for a misspelt name if no build has it."""
    import onnxruntime  # noqa: PLC0415 - see resolve

    known = {name.removesuffix("ExecutionProvider").lower() for name in onnxruntime.get_all_providers()}
    if provider.lower().removesuffix("executionprovider") in known:
        return _not_had(provider, expected)
    return InputError(f"provider '{provider}': unknown", expected=expected, remedy="check the spelling")


def _not_had(provider: str, expected: str, reason: str = "") -> ProviderError:
    ways = {
        "cuda": "run: pip install '.[cuda]' in a checkout of capsonnx, or ",
        "openvino": "run: pip install onnxruntime-ep-openvino, or ",
    }
    install = next((way for name, way in ways.items() if provider.lower().startswith(name)), "")
    return ProviderError(
        f"provider {provider}: cannot be had here" + (f" ({reason})" if reason else ""),
        expected=expected,
        remedy=f"{install}use --provider cpu",
    )


def _is_installed(distribution: str) -> bool:
    try:
        metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return False
    return True
