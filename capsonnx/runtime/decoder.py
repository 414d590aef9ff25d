"""An exported decoder in an ONNX Runtime session: it takes the pose of one class and returns a drawing of it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from capsonnx.contract import IMAGES, POSES, DecoderContract
from capsonnx.errors import InputError, ModelError
from capsonnx.runtime.opening import content_of, open_session

if TYPE_CHECKING:
    import onnxruntime
    from numpy.typing import NDArray

    from capsonnx.runtime.session import Model

__all__ = ["Decoder", "decoder_path", "load_decoder", "open_decoder"]


@dataclass(frozen=True, eq=False)
class Decoder:
    """A loaded decoder; calling it draws one class. Get one from :func:`load_decoder`.

    Attributes:
        path: the decoder's file.
        contract: the metadata of the file.
    """

    path: Path
    contract: DecoderContract
    _session: onnxruntime.InferenceSession = field(repr=False)

    def __call__(self, poses: NDArray[np.float32], label: str) -> NDArray[np.float32]:
        """Draw one class from its poses; all other classes are masked.

        Args:
            poses: (batch, dimension) float32, poses of the class, as the network returned them or modified.
            label: the name of the class.

        Returns:
            (batch, height, width) float32 in 0..1, 1 for full ink.

        Raises:
            InputError: there is no such class, or the poses have the wrong shape.
        """
        index, dimension = self.index_of(label), self.contract.dimension
        if poses.ndim != 2 or poses.shape[1] != dimension:
            raise InputError(
                f"poses of shape {poses.shape}",
                expected=f"(batch, {dimension}), which {self.path} takes",
                remedy="pass the poses of one class, of the network that the decoder belongs to",
            )
        masked = np.zeros((len(poses), len(self.contract.labels), dimension), np.float32)
        masked[:, index] = poses
        return self.draw(masked)

    def draw(self, poses: NDArray[np.float32]) -> NDArray[np.float32]:
        """Run the file on poses as given, (batch, class, dimension) float32: (batch, height, width) float32 in 0..1."""
        [images] = self._session.run([IMAGES], {POSES: poses})
        return np.asarray(images, np.float32)

    def index_of(self, label: str) -> int:
        """Return the index of a class on the class axis of the poses, the same for the network and the decoder.

        Raises:
            InputError: there is no such class.
        """
        labels = self.contract.labels
        if label not in labels:
            raise InputError(f"label '{label}'", expected=f"one of {', '.join(labels)}", remedy="check the spelling")
        return labels.index(label)


def decoder_path(model: Path) -> Path:
    """Return the default path of a decoder: beside the network's file.

    >>> decoder_path(Path("digits/mnist.onnx")).as_posix()
    'digits/mnist.decoder.onnx'
    """
    return model.with_name(model.name.removesuffix(".onnx") + ".decoder.onnx")


def load_decoder(model: Model, path: str | Path | None = None) -> Decoder:
    """Open a network's decoder on the CPU, and check that it keeps its contract and belongs to that network.

    Args:
        model: the loaded network.
        path: the decoder's file, or None for the one beside the network's file.

    Raises:
        InputError: there is no such file.
        ModelError: the network has no output ``poses``; or the file is not ONNX, is damaged, is not a decoder, breaks
            its contract, or belongs to another network.
    """
    if POSES not in model.outputs:
        raise ModelError(
            f"{model.path}: gives {', '.join(model.outputs)}",
            expected=f"an output {POSES}",
            remedy="export a capsule network with all its outputs",
        )
    path = decoder_path(model.path) if path is None else Path(path)
    if not path.is_file():
        raise InputError(
            f"{path}: no such file",
            expected=f"the decoder of {model.path}",
            remedy="pass a model that has one (--model): train with --decoder, and export with --decoder",
        )
    decoder = open_decoder(path)
    _check_belongs(decoder.contract, path, model)
    return decoder


def open_decoder(path: Path) -> Decoder:
    """Open the decoder of any network on the CPU, and check that it keeps its contract.

    Raises:
        InputError: there is no such file.
        ModelError: the file is not ONNX, is damaged, is not a decoder, or breaks its contract.
    """
    session, _ = open_session(content_of(path), path, provider="cpu")
    contract = DecoderContract.from_metadata(session.get_modelmeta().custom_metadata_map, name=str(path))
    _check_signature(session, contract, path)
    return Decoder(path, contract, session)


def _check_signature(session: onnxruntime.InferenceSession, contract: DecoderContract, path: Path) -> None:
    """Check the names, types and fixed sides of the input and the output."""
    wanted = {POSES: [len(contract.labels), contract.dimension], IMAGES: list(contract.size)}
    found = {one.name: (one.type, one.shape) for one in (*session.get_inputs(), *session.get_outputs())}
    for name, sides in wanted.items():
        kind, shape = found.pop(name, ("", []))
        if kind != "tensor(float)" or list(shape[1:]) != sides:
            raise ModelError(
                f"{path}: {name} of shape {shape}" if kind else f"{path}: has no {name}",
                expected=f"{name}, float32, of shape [batch, {sides[0]}, {sides[1]}]",
                remedy="export the decoder again with 'capsonnx export --decoder'",
            )


def _check_belongs(contract: DecoderContract, path: Path, model: Model) -> None:
    """Check, by the SHA-256 of the network's file, that a decoder was made for this network and not for another."""
    if hashlib.sha256(model.path.read_bytes()).hexdigest() != contract.poses_of:
        raise ModelError(
            f"{path}: takes the poses of another file than {model.path}",
            expected="the decoder that was exported with this file",
            remedy="pass another --decoder, or export both again with 'capsonnx export --decoder'",
        )
