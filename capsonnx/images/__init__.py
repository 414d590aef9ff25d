"""Convert images of every kind to what every network here takes: (height, width) uint8, light ink on black.

>>> from capsonnx import images
>>> images.as_grey([[255, 255, 255], [255, 0, 255], [255, 255, 255]]).tolist()   # dark on light
[[0, 0, 0], [0, 255, 0], [0, 0, 0]]
"""

from __future__ import annotations

from capsonnx.images.loading import Polarity, as_grey, check_options, load_grey, pad_to
from capsonnx.images.pillow import formats, image_suffixes, pillow_warnings_ignored

__all__ = [
    "Polarity",
    "as_grey",
    "check_options",
    "formats",
    "image_suffixes",
    "load_grey",
    "pad_to",
    "pillow_warnings_ignored",
]
