"""What of Pillow is used: formats that are only decoded, and no warnings."""

from __future__ import annotations

import io
import threading
import warnings

import pytest
from PIL import Image

from capsonnx.errors import ImageError
from capsonnx.images import formats, image_suffixes, load_grey, pillow_warnings_ignored


def png() -> bytes:
    file = io.BytesIO()
    Image.new("L", (4, 3)).save(file, "PNG")
    return file.getvalue()


def test_the_usual_formats_are_tried_first():
    assert {"PNG", "JPEG", "BMP", "GIF"} <= set(formats()[:10])


def test_warnings_of_pillow_stay_inside_in_many_threads(monkeypatch):
    opened = Image.open

    def noisy(*args: object, **options: object) -> Image.Image:
        warnings.warn_explicit("noise", UserWarning, "x.py", 1, module="PIL.Image")
        return opened(*args, **options)

    monkeypatch.setattr(Image, "open", noisy)
    content, errors, before = png(), [], list(warnings.filters)

    def work() -> None:
        try:
            for _ in range(50):
                load_grey(content)
        except ImageError as error:
            errors.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    assert warnings.filters == before


def test_filters_that_the_program_sets_meanwhile_are_its_own():
    before = list(warnings.filters)
    ignored = pillow_warnings_ignored()
    with warnings.catch_warnings():
        ignored.__enter__()
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            ignored.__exit__(None, None, None)
            assert warnings.filters[0][0] == "error"
        warnings.filterwarnings("ignore", message="own")
    assert list(warnings.filters) == before


def test_formats_that_run_programs_are_not_read():
    assert not image_suffixes() & {".eps", ".ps", ".wmf", ".mpg", ".pdf"}
    with pytest.raises(ImageError):
        load_grey(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\n")
