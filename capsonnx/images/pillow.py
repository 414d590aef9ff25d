"""Which of Pillow's formats are read, and how its warnings are ignored."""

from __future__ import annotations

import functools
import re
import threading
import warnings
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, cast

from PIL import Image

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["formats", "image_suffixes", "pillow_warnings_ignored"]

# For EPS, Pillow runs Ghostscript on the file. The others are stubs that know a format's name but cannot read it.
_NOT_READ = frozenset({"EPS", "BUFR", "GRIB", "HDF5", "MPEG", "WMF"})


def image_suffixes() -> frozenset[str]:
    """The file name suffixes of the formats that are read, in lower case and with the dot.

    >>> {".png", ".jpg", ".tif"} <= image_suffixes(), ".pdf" in image_suffixes()
    (True, False)
    """
    known = set(formats())
    return frozenset(suffix for suffix, name in Image.registered_extensions().items() if name in known)


@functools.cache
def formats() -> list[str]:
    """Pillow's names of the formats that are read, in the order in which it tries them."""
    Image.preinit()  # so that the usual formats come first and are recognised first
    Image.init()
    return [name for name in Image.ID if name in Image.OPEN and name not in _NOT_READ]


_ignoring = 0
_ignoring_lock = threading.Lock()
_FILTER = ("ignore", None, Warning, re.compile(r"PIL(\.|$)"), 0)
"""A filter in the form that ``warnings.filterwarnings`` would add."""


@contextmanager
def pillow_warnings_ignored() -> Iterator[None]:
    """Ignore Pillow's warnings, in any number of threads at once.

    ``warnings.catch_warnings`` is not thread-safe: it replaces the filter list of the whole process, and restoring the
    old list would undo what the program has changed in the meantime. Instead, the first thread to enter adds one
    filter, and the last one to leave removes just that one. Wrapped around many images, it costs nothing per image.
    """
    global _ignoring  # noqa: PLW0603 - it guards state of the whole process
    with _ignoring_lock:
        _ignoring += 1
        if _ignoring == 1:
            _filters().insert(0, _FILTER)
    try:
        yield
    finally:
        with _ignoring_lock:
            _ignoring -= 1
            if _ignoring == 0:
                with suppress(ValueError):  # the program has replaced the filters in the meantime
                    _filters().remove(_FILTER)


def _filters() -> list[object]:
    return cast("list[object]", warnings.filters)
