"""An exported file in an ONNX Runtime session, checked against the contract: images in, scores out.

All threads that call a session share it. Images go in as uint8 on every device. The settings of a session, and the
reasons for them, are described in :mod:`capsonnx.runtime.opening`.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from capsonnx.contract import EVIDENCE, FIELD, IMAGES, LENGTHS, OUTPUTS, POSES, Contract, Scores
from capsonnx.errors import InputError, ModelError
from capsonnx.files import shipped
from capsonnx.require import require_count
from capsonnx.runtime import providers
from capsonnx.runtime.opening import content_of, message_of, open_session
from capsonnx.runtime.parallel import cores
from capsonnx.runtime.runners import CpuRunner, DeviceRunner, HostRunner, Runner

if TYPE_CHECKING:
    from collections.abc import Collection

    import onnxruntime
    from numpy.typing import NDArray

__all__ = ["Model", "default_model_path", "load_model"]

RANKS = {LENGTHS: 2, POSES: 3, EVIDENCE: 4, FIELD: 4}
"""The number of axes of each output; the first is the batch, the second the class."""

_INPUT_TYPES = {"tensor(uint8)": np.uint8, "tensor(float)": np.float32}


@dataclass(frozen=True, eq=False)
class Model:
    """A loaded model, a :data:`capsonnx.contract.Scorer`: calling it scores images. Get one from :func:`load_model`.

    Attributes:
        path: the file.
        contract: the metadata of the file.
        provider: ONNX Runtime's name of the execution provider that is actually used.
        outputs: the names of the file's outputs.
    """

    path: Path
    contract: Contract
    provider: str
    outputs: tuple[str, ...]
    _input: onnxruntime.NodeArg = field(repr=False)
    _run: Runner = field(repr=False)

    @property
    def size(self) -> tuple[int, int] | None:
        """The height and width in pixels of the only images that the file accepts, or None if it accepts any."""
        _, height, width = self._input.shape
        return (height, width) if isinstance(height, int) and isinstance(width, int) else None

    def for_threads(self) -> Model:
        """Return the model in the form best for calls from several threads: on a CPU, with one thread per batch."""
        return replace(self, _run=self._run.for_threads()) if isinstance(self._run, CpuRunner) else self

    def __call__(self, images: NDArray[np.uint8], outputs: Collection[str] = (LENGTHS, POSES)) -> Scores:
        """Score a batch of images of one size.

        Args:
            images: (batch, height, width) uint8, light ink on black, both sides at least ``contract.smallest``.
            outputs: which of :data:`capsonnx.contract.OUTPUTS` to compute; those that the file lacks are left out.

        Returns:
            The scores. Only the named outputs are set, and always lengths, (batch, class) float32 in 0..1.

        Raises:
            InputError: ``images`` has the wrong type or number of axes, or a size that the file does not accept.
            ModelError: the session failed, for lack of memory for example, or returned scores that are not finite.
        """
        declared = self._input
        _check_images(images, declared.shape, self.contract.smallest)
        names = [name for name in OUTPUTS if name in self.outputs and name in {LENGTHS, *outputs}]
        try:
            values = self._run(images.astype(_INPUT_TYPES[declared.type], copy=False), names)
        except Exception as error:  # noqa: BLE001 - ONNX Runtime's exceptions share no base but this
            raise ModelError(
                f"{self.path}: failed on images of shape {images.shape}: {message_of(error)}",
                expected="a run without error",
                remedy="use smaller images or a smaller batch, or check the file with 'capsonnx check'",
            ) from None
        scores = Scores(
            **{name: value.astype(np.float32, copy=False) for name, value in zip(names, values, strict=True)}
        )
        if not np.isfinite(scores.lengths).all():
            raise ModelError(
                f"{self.path}: scores are not finite", expected="scores in 0..1", remedy="copy or export the file again"
            )
        return scores


def default_model_path() -> Path:
    """Return the path of the shipped MNIST model: inside the package, or, in a checkout, beside it.

    Raises:
        ModelError: it is in neither place.
    """
    path = shipped("mnist.onnx")
    if path is None:
        raise ModelError(
            "this installation holds no model",
            expected="capsonnx/exported/mnist.onnx",
            remedy="pass the path of a model",
        )
    return path


def load_model(
    path: str | Path | None = None,
    *,
    provider: str = "auto",
    threads: int | None = None,
    cuda: providers.Cuda = providers.DEFAULT_CUDA,
) -> Model:
    """Open an exported file and check that it keeps the contract.

    Args:
        path: the .onnx file, or None for the shipped MNIST model.
        provider: ``auto``, ``cpu``, ``cuda`` or another name; see :func:`capsonnx.runtime.providers.resolve`.
        threads: the number of threads that one batch may use on a CPU, at least 1, or None for one per core.
        cuda: the settings for a GPU; without a GPU they have no effect.

    Raises:
        InputError: there is no such file or no provider of that name, or ``threads`` is out of range.
        ModelError: the file is not ONNX, is damaged, has its weights in other files, or breaks the contract.
        ProviderError: a provider was asked for by name, but is not available; or ONNX Runtime is missing or installed
            twice.
    """
    try:
        path = default_model_path() if path is None else Path(path)
    except TypeError:
        raise InputError(
            f"a model of type {type(path).__name__}", expected="the path of an .onnx file", remedy="pass that"
        ) from None
    require_count("threads", threads)
    if not isinstance(provider, str):
        raise InputError(f"provider {provider!r}", expected="'auto', or a name such as 'cpu'", remedy="leave it out")
    content = content_of(path)
    session, taken = open_session(content, path, provider=provider, threads=threads, cuda=cuda)
    contract = Contract.from_metadata(session.get_modelmeta().custom_metadata_map, name=str(path))
    _check_signature(session, contract, path)
    outputs = tuple(output.name for output in session.get_outputs())
    runner: Runner
    if taken == providers.CUDA:
        runner = DeviceRunner(session, contract, graphs=cuda.graphs)
    else:
        runner = whole = HostRunner(session)
        if taken == providers.CPU:
            single = whole if threads == 1 else HostRunner(open_session(content, path, provider="cpu", threads=1)[0])
            runner = CpuRunner(whole, single, threads=threads or cores())
    return Model(path, contract, taken, outputs, session.get_inputs()[0], runner)


def _check_signature(session: onnxruntime.InferenceSession, contract: Contract, path: Path) -> None:
    inputs, outputs = session.get_inputs(), {output.name: output.shape for output in session.get_outputs()}
    found = ", ".join(f"{one.name} {one.type} of rank {len(one.shape)}" for one in inputs)
    keeps_input = len(inputs) == 1 and inputs[0].name == IMAGES and inputs[0].type in _INPUT_TYPES
    if not keeps_input or len(inputs[0].shape) != 3:
        raise _broken(path, f"takes {found or 'nothing'}", f"one input {IMAGES}, uint8 or float32, of rank 3")
    if LENGTHS not in outputs:
        raise _broken(path, f"gives {', '.join(outputs)}", f"an output {LENGTHS}")
    for name, rank in RANKS.items():
        shape = outputs.get(name)
        if shape and len(shape) != rank:
            raise _broken(path, f"gives {name} of rank {len(shape)}", f"rank {rank}")
        if shape and isinstance(shape[1], int) and shape[1] != len(contract.labels):
            raise _broken(
                path, f"gives {name} of {shape[1]} classes for {len(contract.labels)} labels", "one for each label"
            )
    if FIELD in outputs and contract.windows is None:
        raise _broken(path, f"gives {FIELD}, but says nothing of its windows", "metadata key capsonnx.windows")


def _check_images(images: NDArray[np.uint8], declared: list[int | str], smallest: int) -> None:
    if images.dtype != np.uint8 or images.ndim != 3:
        raise InputError(
            f"images of {images.dtype} and shape {images.shape}",
            expected="uint8 of shape (batch, height, width)",
            remedy="convert each image with capsonnx.images.as_grey, and stack them",
        )
    if min(images.shape[1:]) < smallest:
        raise InputError(
            f"images of shape {images.shape}",
            expected=f"a height and a width of at least {smallest} pixels",
            remedy="pad them with capsonnx.images.pad_to",
        )
    if any(isinstance(fixed, int) and fixed != given for fixed, given in zip(declared, images.shape, strict=True)):
        raise InputError(
            f"images of shape {images.shape}",
            expected=f"the shape {tuple(declared)} that this model was made for",
            remedy="bring the images to this size, or use a model of free sizes",
        )


def _broken(path: Path, given: str, expected: str) -> ModelError:
    return ModelError(f"{path}: {given}", expected=expected, remedy="export the checkpoint with 'capsonnx export'")
