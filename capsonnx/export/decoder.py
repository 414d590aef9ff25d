"""The decoder as a second ONNX file that goes through the same gate: poses in, images out."""

from __future__ import annotations

import copy
import dataclasses
import hashlib
import itertools
from typing import TYPE_CHECKING

import numpy as np
import onnx
import torch

from capsonnx.contract import IMAGES, POSES, DecoderContract
from capsonnx.errors import InputError
from capsonnx.export.checks import check_graph, load_onnx
from capsonnx.export.gate import Inspection, require, write_report
from capsonnx.export.parity import TOLERANCE, Case, ParityReport
from capsonnx.export.tracing import software, trace
from capsonnx.files import replacing
from capsonnx.runtime.decoder import open_decoder

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path
    from typing import TypeAlias

    from numpy.typing import NDArray

    from capsonnx.model import Decoder
    from capsonnx.training import Trained

    Draw: TypeAlias = Callable[[NDArray[np.float32]], NDArray[np.float32]]

__all__ = [
    "check_decoder",
    "decoder_contract_of",
    "decoder_to_onnx",
    "export_decoder",
    "measure_decoder_parity",
    "require_decoder",
]

BATCHES = (1, 2, 3, 7, 16, 176)
"""The batch sizes of the cases that are compared; the last is the size of one grid of perturbed poses."""

CONTENTS = ("one class", "all classes", "zero", "long")
"""The poses of a case, which have random directions: those of one class, as they should be; those of all classes; all
zero; or those of one class, ten times too long."""


def require_decoder(trained: Trained, outputs: Sequence[str] | None = None) -> Decoder:
    """The decoder of a run, which must have one.

    Args:
        trained: the run.
        outputs: the outputs of the network's file, whose poses the decoder takes; None: all outputs.

    Raises:
        InputError: the run has no decoder, or poses are not among the outputs.
    """
    if outputs is not None and POSES not in outputs:
        raise InputError(
            f"--decoder for a file of {', '.join(outputs)}",
            expected=f"{POSES} among the outputs: they are what a decoder takes",
            remedy=f"add {POSES} to --outputs, or leave one of the two options out",
        )
    if trained.decoder is None:
        raise InputError(
            "--decoder for a run without one",
            expected="a network that was trained with a decoder",
            remedy="leave --decoder out, or train with: capsonnx train --decoder",
        )
    return trained.decoder


def decoder_contract_of(decoder: Decoder, labels: tuple[str, ...], network_sha256: str) -> DecoderContract:
    """The contract of an exported decoder; the SHA-256 is that of the network's file that it will lie beside."""
    config = decoder.config
    return DecoderContract(labels, config.dimension, config.size, poses_of=network_sha256, software=software())


def decoder_to_onnx(decoder: Decoder, contract: DecoderContract, *, opset: int = 18) -> bytes:
    """Export a decoder, on the CPU, as the bytes of one ONNX file; the same bytes each time.

    Raises:
        InputError: the opset is not supported.
    """
    example = torch.zeros(3, decoder.config.classes, decoder.config.dimension)
    model = trace(decoder, example, (POSES, IMAGES), {0: "batch"}, opset)
    onnx.helper.set_model_props(model, contract.to_metadata())
    content: bytes = model.SerializeToString(deterministic=True)
    return content


def export_decoder(decoder: Decoder, contract: DecoderContract, path: Path, *, opset: int = 18) -> Inspection:
    """Export a decoder to an ONNX file with a report beside it; write nothing if a check fails.

    Args:
        decoder: on the CPU.
        contract: becomes the file's metadata.
        path: the path of the file, which is written only if all checks pass, replacing what was there. The decoder is
            found by itself if this is the :func:`capsonnx.runtime.decoder_path` of the network's file.
        opset: the ONNX operator set.

    Raises:
        InputError: the opset is not supported.
        ModelError: a check on the graph fails.
        ParityError: the file does not compute what the decoder computes.
    """
    content = decoder_to_onnx(decoder, contract, opset=opset)
    with replacing(path) as temporary:
        temporary.write_bytes(content)
        inspection = dataclasses.replace(check_decoder(temporary, decoder), path=path)
        require(inspection)
    write_report(inspection)
    return inspection


def check_decoder(path: Path, decoder: Decoder | None = None) -> Inspection:
    """Inspect the file of a decoder: contract, operators, and how it compares with a torch decoder.

    Args:
        path: the path of the file.
        decoder: the decoder to compare with, on the CPU; None: the file is not compared.

    Raises:
        InputError: there is no such file, or its shapes differ from the decoder's.
        ModelError: the file cannot be opened at all, or is not a decoder.
    """
    drawer = open_decoder(path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    inspection = Inspection(path, digest, check_graph(load_onnx(path), str(path)), None)
    if decoder is None:
        return inspection
    contract, config = drawer.contract, decoder.config
    given = _shapes(len(contract.labels), contract.dimension, contract.size)
    expected = _shapes(config.classes, config.dimension, config.size)
    if given != expected:
        raise InputError(f"{path}: {given}", expected=expected, remedy="pass the run that it was exported from")
    return dataclasses.replace(inspection, parity=measure_decoder_parity(decoder, drawer.draw))


def _shapes(classes: int, dimension: int, size: tuple[int, int]) -> str:
    """What a decoder takes and gives, in words."""
    return f"poses of {classes} classes in {dimension} numbers, drawn as {size[0]}×{size[1]} pixels"


def measure_decoder_parity(decoder: Decoder, candidate: Draw, *, tolerance: float = TOLERANCE) -> ParityReport:
    """Give a decoder, computing in float64, and a candidate the same poses, and compare the images.

    Args:
        decoder: the reference.
        candidate: poses (batch, J, D) float32 to images (batch, height, width) float32.
        tolerance: the largest absolute difference that passes.

    Returns:
        A report with one case per batch size and content. A case has the shape of its poses; images within the
        tolerance count as agreeing.
    """
    exact = copy.deepcopy(decoder).double().eval()
    sides = decoder.config.classes, decoder.config.dimension
    cases = []
    for number, (batch, content) in enumerate(itertools.product(BATCHES, CONTENTS)):
        poses = _poses(content, (batch, *sides), np.random.default_rng(number))
        with torch.inference_mode():
            expected = exact(torch.from_numpy(poses).double()).numpy()
        found = candidate(poses)
        is_sound = found.shape == expected.shape and bool(np.isfinite(found).all())
        differences = np.abs(expected - found).max(axis=(1, 2)) if is_sound else np.full(batch, np.inf)
        agreeing = int((differences <= tolerance).sum())
        cases.append(Case((batch, *sides), content, {IMAGES: float(differences.max())}, agreeing))
    return ParityReport(tolerance, tuple(cases))


def _poses(content: str, shape: tuple[int, int, int], generator: np.random.Generator) -> NDArray[np.float32]:
    """Poses of random directions and of lengths in 0.5..1, masked or lengthened as the content says."""
    poses = generator.normal(size=shape)
    poses *= generator.uniform(0.5, 1, shape[:2])[..., None] / np.linalg.norm(poses, axis=2, keepdims=True)
    if content == "zero":
        poses[:] = 0
    elif content != "all classes":
        kept = generator.integers(0, shape[1], shape[0])
        poses *= (np.arange(shape[1]) == kept[:, None])[..., None]
    return (poses * (10 if content == "long" else 1)).astype(np.float32)
