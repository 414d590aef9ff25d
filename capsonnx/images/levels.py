"""Grey levels, (height, width) uint8, from Pillow images of every mode and arrays of every usual type.

The rules:

* Colour (RGB, CMYK, YCbCr, LAB, HSV, palettes) is converted by way of RGB to ITU-R 601 luma,
  0.299 R + 0.587 G + 0.114 B.
* 1-bit images become 0 and 255. 16-bit images are scaled from the smallest range of 8, 10, 12, 14 or 16 bits that
  contains their largest value, because cameras and scanners may fill no more than that; they are never clipped.
* 32-bit integers in Pillow images are treated as 16-bit if all lie in 0..65535, and floats are scaled from 0..1 if all
  lie in it. Otherwise both are stretched from their own minimum and maximum. Arrays out of range are refused.
* Transparent pixels are background. If at most half of the image is visible, the visible part is ink, and the
  background is black under light ink and white under dark ink. Otherwise the visible part is a page, and its median
  level continues under the transparent part.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from capsonnx.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL import Image

__all__ = ["levels_of_array", "levels_of_image"]


def levels_of_image(image: Image.Image) -> NDArray[np.uint8]:
    """The grey levels of a Pillow image of any mode, (height, width) uint8.

    Raises:
        ValueError: its pixels are floats, and one is not finite.
    """
    if image.mode.startswith("I;16"):
        values, transparent = np.asarray(image), image.info.get("transparency")
        levels = _from_16_bits(values)
        return _over_ground(levels, np.where(values == transparent, 0, 255)) if isinstance(transparent, int) else levels
    if image.mode == "I":
        values = np.asarray(image)
        in_16_bits = values.min() >= 0 and values.max() <= 65535
        return _from_16_bits(values) if in_16_bits else _stretched(values)
    if image.mode == "F":
        values = np.asarray(image)
        if not np.isfinite(values).all():
            raise ValueError("a pixel is not a finite number")
        in_unit = values.min() >= 0 and values.max() <= 1
        return _from_unit(values) if in_unit else _stretched(values)
    if image.mode == "La":  # premultiplied alpha, which Pillow converts only to LA
        image = image.convert("LA")
    if image.has_transparency_data:
        visible = image.convert("RGBA")
        return _over_ground(np.asarray(visible.convert("RGB").convert("L")), np.asarray(visible.getchannel("A")))
    return np.array(image if image.mode == "L" else image.convert("RGB").convert("L"))


def _over_ground(luma: NDArray[np.uint8], alpha: NDArray[Any]) -> NDArray[np.uint8]:
    """Composite an image onto the background that suits its visible part, by the rules above."""
    visible = luma[alpha > 127]
    if not visible.size:
        return np.zeros_like(luma)
    middle = float(np.median(visible))
    ground = middle if visible.size * 2 > luma.size else 255.0 * (middle <= 127)
    opacity = alpha / 255.0
    return np.rint(luma * opacity + ground * (1 - opacity)).astype(np.uint8)


def levels_of_array(array: NDArray[Any]) -> NDArray[np.uint8]:
    """The values of an array as uint8 levels 0..255, in the same shape, always a copy.

    Raises:
        InputError: the dtype is not bool, integer or float, or a value is out of the range for its dtype.
    """
    if array.dtype == np.bool_:
        return array.astype(np.uint8) * np.uint8(255)
    if array.dtype.kind == "u" and array.dtype.itemsize == 2:  # in either byte order
        return _from_16_bits(array)
    kind, greatest = array.dtype.kind, 1 if array.dtype.kind == "f" else 255
    # Written so that NaN, for which every comparison is false, is out of range.
    if kind not in "iuf" or not bool(((array >= 0) & (array <= greatest)).all()):
        raise InputError(
            f"an image array of {array.dtype}" + (" with values out of range or NaN" if kind in "iuf" else ""),
            expected="bool, uint16, another integer type in 0..255, or floats in 0..1",
            remedy="scale it: array.clip(0, 255).astype('uint8') for levels, array / array.max() for floats",
        )
    return _from_unit(array) if kind == "f" else array.astype(np.uint8)


def _from_16_bits(values: NDArray[Any]) -> NDArray[np.uint8]:
    greatest = int(values.max())
    full = next(full for bits in (8, 10, 12, 14, 16) if (full := (1 << bits) - 1) >= greatest)
    return ((values.astype(np.int32) * 255 + full // 2) // full).astype(np.uint8)


def _from_unit(values: NDArray[Any]) -> NDArray[np.uint8]:
    return np.rint(values.astype(np.float64) * 255).astype(np.uint8)


def _stretched(values: NDArray[Any]) -> NDArray[np.uint8]:
    least, greatest = float(values.min()), float(values.max())
    return _from_unit((values.astype(np.float64) - least) / ((greatest - least) or 1.0))
