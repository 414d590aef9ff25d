"""What of Pillow is used: which formats, and none of its warnings."""

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

# EPS runs Ghostscript on the file; the others are stubs that know a format's name and cannot read it.
_NOT_READ = frozenset({"EPS", "BUFR", "GRIB", "HDF5", "MPEG", "WMF"})


def image_suffixes() -> frozenset[str]:
    """The file name suffixes of the formats that are read, in lower case with their dot.

    >>> {".png", ".jpg", ".tif"} <= image_suffixes(), ".pdf" in image_suffixes()
    (True, False)
    """
    known = set(formats())
    return frozenset(suffix for suffix, name in Image.registered_extensions().items() if name in known)


@functools.cache
def formats() -> list[str]:
    """The names of the formats that are read, as Pillow has them, in the order that it tries them in."""
    Image.preinit()  # so that the usual formats come first, and are recognised first
    Image.init()
    return [name for name in Image.ID if name in Image.OPEN and name not in _NOT_READ]


_ignoring = 0
_ignoring_lock = threading.Lock()
_FILTER = ("ignore", None, Warning, re.compile(r"PIL(\.|$)"), 0)
"""As ``warnings.filterwarnings`` would make it."""


@contextmanager
def pillow_warnings_ignored() -> Iterator[None]:
    """Ignore Pillow's warnings, in any number of threads at once.

    ``warnings.catch_warnings`` is not for this: it swaps a list of the whole process, and would restore an old one over
    what the program has changed in the meantime. So the first thread in adds one filter, and the last one out takes
    just that away. Around many images it costs nothing for each of them.
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
                with suppress(ValueError):  # the program has filters of its own by now
                    _filters().remove(_FILTER)


def _filters() -> list[object]:
    return cast("list[object]", warnings.filters)
