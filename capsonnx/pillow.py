"""What of Pillow is used: which formats, and none of its warnings."""

from __future__ import annotations

import functools
import threading
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING

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
_filters: warnings.catch_warnings[None] | None = None


@contextmanager
def pillow_warnings_ignored() -> Iterator[None]:
    """Ignore Pillow's warnings, in any number of threads at once.

    ``warnings.catch_warnings`` alone is not safe here: it swaps a list of the whole process, so two threads that
    overlap may restore each other's. The first thread in swaps it, the last one out restores it. Around many images it
    costs nothing for each of them.
    """
    global _ignoring, _filters  # noqa: PLW0603 - it guards state of the whole process
    with _ignoring_lock:
        _ignoring += 1
        if _ignoring == 1:
            _filters = warnings.catch_warnings()
            _filters.__enter__()
            warnings.filterwarnings("ignore", module=r"PIL(\.|$)")
    try:
        yield
    finally:
        with _ignoring_lock:
            _ignoring -= 1
            if _ignoring == 0 and _filters is not None:
                _filters.__exit__(None, None, None)
                _filters = None
