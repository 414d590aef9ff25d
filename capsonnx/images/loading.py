"""Convert image files and arrays to what every network here takes: (height, width) uint8, light ink on black.

:mod:`capsonnx.images.levels` describes how colour, bit depth and transparency become grey levels. Of a file, only the
first frame is read, and its EXIF orientation is applied. Then comes polarity: ``light-on-dark`` keeps the levels,
``dark-on-light`` inverts them, and ``auto`` works as follows. It takes the median of the border pixels as the
background and inverts the image if that is above 127. A dark grey background may be paper in a shadow, or a table
around the paper; the image is then inverted if what stands out from its surroundings is dark. Frames and edges along
the sides are painted over (:mod:`capsonnx.images.borders`). An image of a single level holds no ink and becomes black.
"""

from __future__ import annotations

import io
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Literal, TypeAlias

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from capsonnx.errors import ImageError, InputError
from capsonnx.images.levels import levels_of_array, levels_of_image
from capsonnx.images.pillow import formats, pillow_warnings_ignored
from capsonnx.images.polarity import light_on_dark
from capsonnx.require import require_choice, require_count

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["Polarity", "as_grey", "check_options", "load_grey", "pad_to"]

Polarity: TypeAlias = Literal["auto", "light-on-dark", "dark-on-light"]
"""Which of ink and background is the lighter; ``auto`` judges by the border."""


KINDS = "a path, an open binary file or its bytes, a Pillow image, an array or nested lists"
"""The kinds of images that are read, as error messages name them."""


def load_grey(
    source: Path | BinaryIO | bytes | Image.Image, *, polarity: Polarity = "auto", height: int | None = None
) -> NDArray[np.uint8]:
    """Read one image file as grey levels, by the rules of this module and of :mod:`capsonnx.images.levels`.

    Args:
        source: a path, an open binary file, the bytes of a file, or a Pillow image, which is not modified.
        polarity: the polarity of the image; see :data:`Polarity`.
        height: the height in pixels to resize to, keeping the aspect ratio, or None for the native size.

    Returns:
        (height, width) uint8, light ink on a dark background, a new writable array.

    Raises:
        ImageError: the file cannot be read, is not an image, is damaged, has no pixels or too many.
        InputError: ``polarity`` or ``height`` is not one of the values above.

    >>> file = io.BytesIO()
    >>> Image.new("RGB", (3, 2), "white").save(file, "PNG")
    >>> load_grey(file.getvalue(), polarity="light-on-dark").tolist()
    [[255, 255, 255], [255, 255, 255]]
    """
    check_options(polarity, height)
    name = _name(source)
    try:
        with pillow_warnings_ignored():
            levels = _decode(source, name)
    except ImageError:
        raise
    except UnidentifiedImageError:
        raise _unreadable(name, "not an image of a known format") from None
    except Image.DecompressionBombError:
        raise _unfit(f"{name}: far too many pixels") from None
    except FileNotFoundError:
        raise ImageError(f"{name}: no such file", expected="an image file", remedy="check the path") from None
    except IsADirectoryError:
        raise ImageError(f"{name}: a folder", expected="an image file", remedy="pass one of its files") from None
    except OSError as error:
        raise _unreadable(name, error.strerror or str(error)) from None
    except Exception as error:  # noqa: BLE001 - on damaged files Pillow's decoders raise whatever they stumble over
        raise _unreadable(name, f"damaged ({error or type(error).__name__})") from None
    return _finish(levels, polarity, height, name)


def as_grey(image: ArrayLike, *, polarity: Polarity = "auto", height: int | None = None) -> NDArray[np.uint8]:
    """Convert an array or nested lists to grey levels.

    Args:
        image: (height, width) or (height, width, 1) grey, (height, width, 3) RGB or (height, width, 4) RGBA. bool
            becomes 0 and 255; uint16 is scaled like 16-bit files; values of any other integer type are kept and must
            lie in 0..255; floats must lie in 0..1.
        polarity: the polarity of the image; see :data:`Polarity`.
        height: the height in pixels to resize to, keeping the aspect ratio, or None for the native size.

    Returns:
        (height, width) uint8, light ink on a dark background, a new writable array.

    Raises:
        InputError: the shape, the type, a value or an option is not one of the above.
        ImageError: the image has too many pixels, before or after resizing.

    >>> as_grey([[0, 255, 0]]).tolist()
    [[0, 255, 0]]
    >>> as_grey([[1.0, 0.0, 1.0]]).tolist()
    [[0, 255, 0]]
    """
    check_options(polarity, height)
    try:
        array = np.asarray(image)
    except ValueError:
        raise InputError(
            "an image of rows of different lengths",
            expected="rows of one length",
            remedy="pad them, or pass one image at a time",
        ) from None
    except Exception as error:  # noqa: BLE001 - what is asked for its values raises what it likes
        raise InputError(
            f"an image of type {type(image).__name__} ({error})", expected=KINDS, remedy="make it one of these"
        ) from None
    if array.ndim == 0:
        raise InputError(
            f"an image of type {type(image).__name__}",
            expected=KINDS,
            remedy="pass one of these",
        )
    given = array.shape
    if array.ndim == 3 and given[-1] == 1:
        array = array[..., 0]
    is_grey, is_colour = array.ndim == 2, array.ndim == 3 and given[-1] in (3, 4)
    if not (is_grey or is_colour) or 0 in array.shape:
        raise InputError(
            f"an image array of shape {given}",
            expected="(height, width) or (height, width, 1, 3 or 4), without an empty side",
            remedy="pass one image at a time, channels last",
        )
    name = f"an image array of shape {given}"
    _check_pixels(array.shape[1], array.shape[0], name)
    if not is_colour:
        return _finish(levels_of_array(array), polarity, height, name)
    # Colours and opacity are scaled separately: with 16 bits, the range of each depends on its largest value.
    parts = [levels_of_array(part) for part in np.split(array, [3], axis=2) if part.size]
    return _finish(levels_of_image(Image.fromarray(np.concatenate(parts, axis=2))), polarity, height, name)


def pad_to(image: NDArray[np.uint8], smallest: int) -> NDArray[np.uint8]:
    """Centre an image on black so that both sides have at least ``smallest`` pixels.

    Padding with black is exact, not an approximation: it has no effect on a network without biases.

    Args:
        image: (height, width) uint8, light ink on black.
        smallest: the minimum height and width in pixels.

    Returns:
        (max(height, smallest), max(width, smallest)) uint8; ``image`` itself if it is large enough.

    >>> pad_to(np.full((1, 4), 9, np.uint8), 3).tolist()
    [[0, 0, 0, 0], [9, 9, 9, 9], [0, 0, 0, 0]]
    """
    missing = [max(0, smallest - side) for side in image.shape]
    if not any(missing):
        return image
    return np.pad(image, [(lack // 2, lack - lack // 2) for lack in missing])


def _decode(source: Path | BinaryIO | bytes | Image.Image, name: str) -> NDArray[np.uint8]:
    """The grey levels of a file, (height, width) uint8, before polarity is applied. Errors from Pillow propagate."""
    if isinstance(source, io.TextIOBase):
        raise ImageError(f"{name}: open as text", expected="an open binary file", remedy="open it in mode 'rb'")
    if isinstance(source, Image.Image):
        opened = source.copy()
    else:
        opened = Image.open(io.BytesIO(source) if isinstance(source, bytes) else source, formats=formats())
    with opened as image:
        _check_pixels(image.width, image.height, name)
        with suppress(Exception):  # broken EXIF: the image may still be intact; if not, it fails below
            ImageOps.exif_transpose(image, in_place=True)
        return levels_of_image(image)


def _finish(levels: NDArray[np.uint8], polarity: Polarity, height: int | None, name: str) -> NDArray[np.uint8]:
    """Apply polarity and height."""
    if polarity == "dark-on-light":
        levels = 255 - levels
    elif polarity == "auto":
        levels = light_on_dark(levels)
    if height is None or height == len(levels):
        return levels
    height = int(height)  # the arithmetic below could overflow a small NumPy integer
    width = max(1, round(levels.shape[1] * height / levels.shape[0]))
    _check_pixels(width, height, name)
    # Pillow's bilinear filter averages when it shrinks and, unlike Lanczos, does not ring: black stays black.
    return np.array(Image.fromarray(levels).resize((width, height), Image.Resampling.BILINEAR))


def check_options(polarity: str, height: int | None) -> None:
    """Raise an InputError if :func:`load_grey` does not accept this polarity or height."""
    require_choice("polarity", polarity, Polarity)
    require_count("height", height)


def _check_pixels(width: int, height: int, name: str) -> None:
    limit = Image.MAX_IMAGE_PIXELS
    if width < 1 or height < 1 or (limit is not None and width * height > limit):
        raise _unfit(f"{name}: {width}×{height} pixels" if width * height else f"{name}: no pixels")


def _unfit(given: str) -> ImageError:
    return ImageError(
        given, expected=f"an image of 1 to {Image.MAX_IMAGE_PIXELS} pixels", remedy="scale or crop the image"
    )


def _name(source: Path | BinaryIO | bytes | Image.Image) -> str:
    if isinstance(source, bytes):
        return f"image of {len(source)} bytes"
    if isinstance(source, Image.Image):
        return f"image of {source.width}×{source.height} pixels, mode {source.mode}"
    return str(source if isinstance(source, Path) else getattr(source, "name", "image stream"))


def _unreadable(name: str, why: str) -> ImageError:
    return ImageError(f"{name}: {why}", expected="a readable image file", remedy="replace or remove it")
