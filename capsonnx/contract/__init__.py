"""The contract of an exported file: names, shapes and metadata, shared by the exporter and the runtime.

An exported ONNX file has one input: ``images``, uint8 ``[batch, height, width]`` with light ink on a black background.
(A file exported with ``--input float32`` takes the same values 0..255 as floats.) Its outputs are float32. There is
always ``lengths`` ``[batch, class]`` in 0..1, the score of each class. A network with capsules has up to three more:

* ``poses`` ``[batch, class, dimension]``, the output capsules;
* ``evidence`` ``[batch, class, rows, cols]``, what each place contributed to each class;
* ``field`` ``[batch, class, field_rows, field_cols]``, the lengths computed for the window around each place, which
  show where symbols are.

The metadata contain everything else that a program needs to use the file. :class:`Contract` writes and reads them; the
part about ``field`` is described in :mod:`capsonnx.contract.windows`.

A decoder is a second file, next to the file of the network that it was trained with. Its input is ``poses``, float32
``[batch, class, dimension]``, in which the caller has set all classes but one to zero. Its output is ``images``,
float32 ``[batch, height, width]`` in 0..1, where 1 is full ink: a drawing of that class. :class:`DecoderContract`
describes its metadata.
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
