"""What an exported file promises: names, shapes and metadata. The exporter and the runtime meet here.

An exported ONNX file takes ``images``, uint8 ``[batch, height, width]`` with light ink on a black ground (a file
exported with ``--input float32`` takes the same values 0..255 as floats), and gives ``lengths``, float32
``[batch, class]`` in 0..1, and, where the network has capsules, up to three more, each float32: ``poses`` ``[batch,
class, dimension]``; ``evidence`` ``[batch, class, rows, cols]``, what each place added to each class; and ``field``
``[batch, class, field_rows, field_cols]``, the lengths again, of the window around each place: where symbols stand.
Everything a program needs to use the file is in its metadata, written and read by :class:`Contract`; what it says of
``field`` is in :mod:`capsonnx.contract.windows`.

A decoder is a second file, beside that of the network it was trained with. It takes ``poses``, float32 ``[batch, class,
dimension]``, in which the caller has set all classes but one to zero, and gives ``images``, float32 ``[batch, height,
width]`` in 0..1, 1 for full ink: a drawing of that class. Its metadata are those of :class:`DecoderContract`.
"""

from __future__ import annotations

from capsonnx.contract.contract import (
    EVIDENCE,
    FIELD,
    FORMAT,
    IMAGES,
    LENGTHS,
    OUTPUTS,
    POSES,
    Contract,
    DecoderContract,
    Scorer,
    Scores,
)
from capsonnx.contract.windows import WIDEST, Windows

__all__ = [
    "EVIDENCE",
    "FIELD",
    "FORMAT",
    "IMAGES",
    "LENGTHS",
    "OUTPUTS",
    "POSES",
    "WIDEST",
    "Contract",
    "DecoderContract",
    "Scorer",
    "Scores",
    "Windows",
]
