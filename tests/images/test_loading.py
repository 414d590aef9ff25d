from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

from capsonnx import datasets
from capsonnx.errors import ImageError, InputError
from capsonnx.images import as_grey, load_grey, pad_to
from capsonnx.images.borders import border_of, without_edges
from capsonnx.images.levels import levels_of_image

if TYPE_CHECKING:
    from pathlib import Path

INK = np.array([[0, 0, 0, 0], [0, 255, 128, 0], [0, 0, 0, 0]], np.uint8)
"""Light ink on black; every test image shows this."""


def encoded(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def colour(mode: str) -> Image.Image:
    return Image.fromarray(INK).convert("RGB").convert(mode)


def rgba(level: int, alpha: np.ndarray) -> Image.Image:
    return Image.fromarray(np.dstack([np.full_like(alpha, level)] * 3 + [alpha]))


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(encoded(Image.fromarray(INK)), id="L"),
        pytest.param(encoded(colour("RGB")), id="RGB"),
        pytest.param(encoded(colour("RGBA")), id="RGBA-opaque"),
        pytest.param(encoded(colour("LA")), id="LA"),
        pytest.param(encoded(colour("RGB").quantize(3)), id="palette"),
        pytest.param(encoded(colour("CMYK"), "TIFF"), id="CMYK"),
        pytest.param(encoded(colour("YCbCr"), "TIFF"), id="YCbCr"),
        pytest.param(encoded(Image.fromarray(INK.astype(np.uint16) * 257)), id="16-bit"),
        pytest.param(encoded(Image.fromarray(INK.astype(np.uint16) * 257), "TIFF"), id="16-bit-tiff"),
        pytest.param(encoded(Image.fromarray(INK.astype(np.int32) * 257), "TIFF"), id="32-bit-within-16"),
        pytest.param(encoded(Image.fromarray(INK.astype(np.int32) * 100_000 - 7), "TIFF"), id="32-bit-stretched"),
        pytest.param(encoded(Image.fromarray(INK.astype(np.float32) / 255), "TIFF"), id="float-unit"),
        pytest.param(encoded(Image.fromarray(INK.astype(np.float32) * 1e6), "TIFF"), id="float-stretched"),
        pytest.param(encoded(rgba(255, INK)), id="light-ink-on-transparent"),
        pytest.param(encoded(rgba(0, INK)), id="dark-ink-on-transparent"),
        pytest.param(encoded(Image.fromarray(255 - INK)), id="dark-on-light"),
        pytest.param(b"P5 4 3 65535\n" + (INK.astype(">u2") * 257).tobytes(), id="16-bit-pgm"),
        pytest.param(
            encoded(Image.fromarray(INK), "GIF", save_all=True, append_images=[Image.new("L", (4, 3))]),
            id="first-frame",
        ),
    ],
)
def test_every_mode_gives_the_same_grey_levels(content):
    levels = load_grey(content)
    assert levels.dtype == np.uint8
    assert levels.flags.writeable
    np.testing.assert_allclose(levels, INK, atol=1)


def test_1_bit():
    content = encoded(Image.fromarray(INK).convert("1", dither=Image.Dither.NONE))
    assert load_grey(content).tolist() == (INK > 127).astype(int).dot(255).tolist()


def test_modes_that_few_files_have():
    np.testing.assert_allclose(levels_of_image(colour("HSV")), INK, atol=1)
    # Rows of L*, a*, b*, the latter two signed: white and black.
    lab = Image.frombytes("LAB", (2, 1), bytes([255, 0, 0, 0, 0, 0]))
    np.testing.assert_allclose(load_grey(encoded(lab, "TIFF"), polarity="light-on-dark"), [[255, 0]], atol=2)


def test_luma_is_itu_r_601():
    content = encoded(Image.fromarray(np.array([[[255, 0, 0], [0, 255, 0], [0, 0, 255]]], np.uint8)))
    assert load_grey(content, polarity="light-on-dark").tolist() == [[76, 150, 29]]


def test_exif_orientation_is_applied():
    exif = Image.Exif()
    exif[0x0112] = 6  # turn by 90° clockwise to view
    assert load_grey(encoded(Image.fromarray(INK), exif=exif)).tolist() == np.rot90(INK, -1).tolist()


def test_broken_exif_does_not_make_an_image_unreadable():
    file = encoded(Image.fromarray(INK), exif=b"Exif\0\0garbage")
    np.testing.assert_array_equal(load_grey(file), INK)


def test_colours_of_16_bits_are_scaled_without_their_opacity():
    rgba = np.full((*INK.shape, 4), 65535, np.uint16)
    rgba[..., :3] = (INK.astype(np.uint32) * 1023 // 255)[..., None]  # of ten bits
    np.testing.assert_array_equal(as_grey(rgba), as_grey(rgba[..., :3]))
    assert as_grey(rgba).max() == 255


def test_a_transparent_level_of_16_bits_is_ground():
    levels = INK.astype(np.uint16) * 257
    levels[INK == 0] = 40000
    image = Image.open(io.BytesIO(encoded(Image.fromarray(levels), transparency=40000)))
    found = load_grey(image)
    assert not found[INK == 0].any()
    assert found.max() == 255


@pytest.mark.parametrize("mode", ["LA", "La"])
def test_opacity_may_be_multiplied_in(mode):
    image = Image.fromarray(INK).convert("LA").convert(mode)
    np.testing.assert_array_equal(load_grey(image), INK)


def test_what_gives_no_values_is_no_image():
    class Closed:
        def __array__(self, dtype=None, copy=None):
            raise RuntimeError("requires grad")

    with pytest.raises(InputError, match=r"an image of type Closed \(requires grad\)"):
        as_grey(Closed())


def test_heights_are_numbers_of_any_width_within_reason():
    assert as_grey(np.pad(INK, ((0, 0), (150, 150))), height=np.uint8(6)).shape == (6, 608)
    with pytest.raises(InputError, match="height"):
        as_grey(INK, height=10**310)


def test_arrays_have_no_more_pixels_than_files(monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10)
    with pytest.raises(ImageError, match="4×3 pixels"):
        as_grey(INK)


def test_the_border_of_a_strip_is_all_of_it_once():
    assert border_of(np.arange(4)[None]).tolist() == border_of(np.arange(4)[:, None]).tolist() == [0, 1, 2, 3]


def test_a_page_with_a_transparent_margin_goes_on_under_it():
    page = np.full((8, 8), 240, np.uint8)
    page[3:5, 3:5] = 10
    alpha = np.zeros((10, 10), np.uint8)
    alpha[1:-1, 1:-1] = 255
    image = np.dstack([np.pad(page, 1)] * 3 + [alpha])
    levels = load_grey(encoded(Image.fromarray(image)))
    assert levels[4, 4] == 245
    assert (levels == 15).sum() == 96


def test_an_invisible_image_is_black():
    assert not load_grey(encoded(rgba(200, np.zeros((3, 3), np.uint8)))).any()


@pytest.mark.parametrize("level", [0, 90, 255])
def test_an_image_of_one_level_holds_no_ink(level):
    assert not load_grey(encoded(Image.new("L", (5, 5), level))).any()


def test_a_given_polarity_is_obeyed():
    content = encoded(Image.fromarray(INK))
    assert load_grey(content, polarity="light-on-dark").tolist() == INK.tolist()
    assert load_grey(content, polarity="dark-on-light").tolist() == (255 - INK).tolist()


def test_height_keeps_the_aspect_ratio_and_black_stays_black():
    image = np.zeros((100, 200), np.uint8)
    image[40:60, 90:110] = 255
    levels = load_grey(encoded(Image.fromarray(image)), height=28)
    assert levels.shape == (28, 56)
    assert levels.max() == 255
    assert not levels[:9].any()


def test_a_path_and_an_open_file_give_what_bytes_give(tmp_path):
    path = tmp_path / "ink.png"
    path.write_bytes(encoded(Image.fromarray(INK)))
    assert load_grey(path).tolist() == INK.tolist()
    with path.open("rb") as file:
        assert load_grey(file).tolist() == INK.tolist()


@pytest.mark.parametrize("mode", ["L", "RGB", "P", "LA", "1"])
def test_a_pillow_image_gives_what_its_file_gives_and_is_left_as_it_is(mode):
    exif = Image.Exif()
    exif[0x0112] = 6
    content = encoded(colour(mode), exif=exif)
    with Image.open(io.BytesIO(content)) as image:
        assert load_grey(image).tolist() == load_grey(content).tolist()
        assert (image.mode, image.getexif()[0x0112]) == (mode, 6)


def test_a_damaged_pillow_image_is_an_error(tmp_path):
    with Image.open(damaged(tmp_path, "truncated")) as image, pytest.raises(ImageError, match="64×64 pixels, mode L: "):
        load_grey(image)


@pytest.mark.parametrize("image", [None, 3, object(), {"a": 1}])
def test_what_is_no_image_is_named(image):
    with pytest.raises(InputError, match=f"an image of type {type(image).__name__}; expected a path"):
        as_grey(image)


def damaged(tmp_path: Path, kind: str) -> Path:
    content = encoded(Image.fromarray(np.random.default_rng(0).integers(0, 255, (64, 64), np.uint8)))
    contents = {"empty": b"", "text": b"no image", "truncated": content[: len(content) // 2], "header": content[:20]}
    path = tmp_path / f"{kind}.png"
    if kind == "folder":
        path.mkdir()
    elif kind != "missing":
        path.write_bytes(contents[kind])
    return path


@pytest.mark.parametrize("kind", ["empty", "text", "truncated", "header", "folder", "missing"])
def test_an_unreadable_file_is_one_line_that_names_it(tmp_path, kind):
    path = damaged(tmp_path, kind)
    with pytest.raises(ImageError) as caught:
        load_grey(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)


def test_floats_that_are_no_numbers_are_refused():
    with pytest.raises(ImageError, match="not a finite number"):
        load_grey(encoded(Image.fromarray(np.full((2, 2), np.nan, np.float32)), "TIFF"))


@pytest.mark.parametrize("limit", [30, 60], ids=["refused-by-pillow", "warned-of-by-pillow"])
def test_too_many_pixels_are_refused_before_decoding(monkeypatch, limit):
    content = encoded(Image.new("L", (10, 10)))
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", limit)
    with pytest.raises(ImageError, match="pixels"):
        load_grey(content)


def test_a_resize_to_too_many_pixels_is_refused():
    with pytest.raises(ImageError, match="pixels"):
        load_grey(encoded(Image.new("L", (1000, 1))), height=10_000)


@pytest.mark.parametrize(
    "array",
    [
        INK,
        INK.tolist(),
        INK.astype(np.uint16) * 257,
        INK.astype(np.int64),
        INK.astype(np.uint16),  # of 8 bits, for all that
        INK[..., None],
        INK / 255,
        (INK / 255).astype(np.float32).tolist(),
        np.dstack([INK] * 3),
        np.dstack([INK, INK, INK, np.full_like(INK, 255)]),
        np.dstack([INK] * 3) / 255,
        INK[::-1][::-1],
        (INK.astype(np.uint16) * 257).astype(">u2"),
        (INK.astype(np.uint16) * 257).astype("<u2"),
    ],
)
def test_arrays_of_every_usual_type(array):
    assert as_grey(array).tolist() == INK.tolist()


@pytest.mark.parametrize("bits", [8, 10, 12, 14, 16])
def test_a_container_of_16_bits_holds_as_many_as_it_is_filled_with(bits):
    levels = np.linspace(0, 255, 50).round()[None]
    values = (levels * (2**bits - 1) / 255).round()
    png = encoded(Image.fromarray(values.astype(np.uint16)))
    tiff = encoded(Image.fromarray(values.astype(np.int32)), "TIFF")
    np.testing.assert_array_equal(as_grey(values.astype(np.uint16), polarity="light-on-dark"), levels)
    np.testing.assert_array_equal(load_grey(png, polarity="light-on-dark"), levels)
    np.testing.assert_array_equal(load_grey(tiff, polarity="light-on-dark"), levels)


def test_bool_arrays():
    assert as_grey(INK > 128).tolist() == [[0, 0, 0, 0], [0, 255, 0, 0], [0, 0, 0, 0]]


@pytest.mark.parametrize(
    "array",
    [
        [1, 2],
        [],
        [[]],
        np.zeros((2, 2, 2)),
        np.zeros((1, 3, 4, 3)),
        np.zeros((0, 5)),
        [[float("nan")]],
        [[0.0, 255.0]],
        [[-1]],
        [[256]],
        [["a"]],
        [[1j]],
        [[None]],
    ],
)
def test_other_arrays_are_refused(array):
    with pytest.raises(InputError, match="image array"):
        as_grey(array)


def test_a_folder_and_a_file_open_as_text_say_so(tmp_path):
    with pytest.raises(ImageError, match=r"a folder; expected an image file; pass one of its files"):
        load_grey(tmp_path)
    path = tmp_path / "ink.png"
    path.write_bytes(encoded(Image.fromarray(INK)))
    with path.open() as stream, pytest.raises(ImageError, match=r"ink\.png: open as text; .*; open it in mode 'rb'"):
        load_grey(stream)


def test_rows_of_different_lengths_are_refused():
    with pytest.raises(InputError, match="rows of different lengths"):
        as_grey([[1, 2], [3]])


@pytest.mark.parametrize("options", [{"polarity": "light"}, {"height": 0}, {"height": 2.5}, {"height": True}])
def test_bad_options_are_refused(options):
    with pytest.raises(InputError):
        as_grey(INK, **options)
    with pytest.raises(InputError):
        load_grey(b"", **options)


greys = hnp.arrays(np.uint8, hnp.array_shapes(min_dims=2, max_dims=2, max_side=20))


@given(greys)
def test_auto_polarity_undoes_inversion_up_to_the_choice_of_ground(image):
    np.testing.assert_array_equal(as_grey(image, polarity="dark-on-light"), 255 - image)
    np.testing.assert_array_equal(as_grey(image, polarity="light-on-dark"), image)
    levels = as_grey(image)
    ground = np.median(np.concatenate([image[0], image[-1], image[1:-1, 0], image[1:-1, -1]]))
    inverted = 255 - image if image.min() < image.max() else np.zeros_like(image)
    if 2 * np.count_nonzero((image > 127) != (ground > 127)) > image.size:
        assert levels.shape == image.shape  # the border may be a frame
    elif ground > 127:
        np.testing.assert_array_equal(levels, without_edges(inverted))
    elif ground <= 32:
        np.testing.assert_array_equal(levels, without_edges(image) if image.min() < image.max() else inverted)
    else:
        assert levels.tolist() in (without_edges(image).tolist(), without_edges(inverted).tolist())


def framed(page, frame, *, level):
    top, left, bottom, right = frame
    return np.pad(page, ((top, bottom), (left, right)), constant_values=level)


@pytest.mark.parametrize("light", [False, True])
@pytest.mark.parametrize("frame", [(1, 1, 1, 1), (2, 2, 0, 2), (3, 1, 1, 1), (6, 6, 6, 6)])
def test_a_frame_is_neither_ink_nor_ground(frame, light):
    page = np.full((40, 70), 20, np.uint8)
    page[10:30, 20:23] = page[10:30, 50:53] = 250
    given, level = (page, 255) if light else (255 - page, 0)
    expected = framed(page, frame, level=20)
    np.testing.assert_array_equal(as_grey(framed(given, frame, level=level)), expected)


def test_a_stroke_at_the_edge_is_no_frame():
    image = np.zeros((20, 60), np.uint8)
    image[:, :3] = image[1:20, 30:33] = 255
    np.testing.assert_array_equal(as_grey(image), image)
    np.testing.assert_array_equal(as_grey(255 - image), image)


@pytest.mark.parametrize("level", [65, 255])
@pytest.mark.parametrize("sides", ["l", "r", "t", "b", "lr", "tb", "lt", "rb", "ltr", "lbr"])
def test_what_goes_along_a_side_is_no_ink(sides, level):
    page = np.zeros((40, 90), np.uint8)
    page[12:28, 20:23] = page[12:28, 60:63] = 255
    edged = page.copy()
    for side, place in {"l": np.s_[:, :4], "r": np.s_[:, -4:], "t": np.s_[:4], "b": np.s_[-4:]}.items():
        if side in sides:
            edged[place] = level
    np.testing.assert_array_equal(as_grey(edged), page)
    np.testing.assert_array_equal(as_grey(255 - edged), page)


def test_a_shade_is_no_edge():
    shade = np.tile(np.linspace(120, 0, 90).round(), (40, 1)).astype(np.uint8)
    shade[12:28, 20:23] = shade[12:28, 60:63] = 250
    np.testing.assert_array_equal(as_grey(shade), shade)


def test_the_ground_goes_on_under_an_edge_and_the_ink_does_not():
    page = np.full((40, 90), 10, np.uint8)
    page[16:24, 4:30] = 200
    edged = page.copy()
    edged[:, :4] = 255
    np.testing.assert_array_equal(as_grey(edged)[:, 4:], page[:, 4:])
    assert as_grey(edged)[:, :4].max() <= 10 + 32
    assert (as_grey(edged)[:10] == 10).all()


def test_a_block_without_ink_in_it_is_ink():
    image = np.pad(np.full((20, 12), 255, np.uint8), 2)
    np.testing.assert_array_equal(as_grey(image), image)


def test_no_digit_is_a_framed_page():
    for digit in datasets.load("mnist", "test").images[::10]:
        np.testing.assert_array_equal(as_grey(digit), digit)
        np.testing.assert_array_equal(as_grey(255 - digit), digit)


@pytest.mark.parametrize("ground", [40, 80, 127])
@pytest.mark.parametrize("shape", [(56, 168), (300, 500)])
def test_of_a_dark_grey_ground_what_stands_out_of_it_decides(ground, shape):
    y, x = np.indices(shape)
    strokes = (x % 24 < 3) & (abs(y - shape[0] / 2) < 10)
    paper = np.where(strokes, ground - 30, ground).astype(np.uint8)
    board = np.where(strokes, ground + 30, ground).astype(np.uint8)
    np.testing.assert_array_equal(as_grey(paper), 255 - paper)
    np.testing.assert_array_equal(as_grey(board), board)


def test_paper_on_a_dark_table_has_dark_ink():
    table = np.full((300, 400), 60, np.uint8)
    y, x = np.indices(table.shape)
    sheet = (y > 80) & (y < 220) & (x > 100) & (x < 330)
    page = np.where(sheet, 210, table).astype(np.uint8)
    page[140:160, 150:280][:, np.arange(130) % 20 < 4] = 40
    np.testing.assert_array_equal(as_grey(page), 255 - page)


@given(greys)
def test_every_depth_agrees(image):
    image.flat[0] = 255  # for 16 bits are told by the greatest value
    for same in (image.astype(np.uint16) * 257, image / 255, (image / 255).astype(np.float32)):
        np.testing.assert_array_equal(as_grey(same), as_grey(image))
    np.testing.assert_array_equal(as_grey(np.dstack([image] * 3)), as_grey(image))


@given(greys)
def test_a_png_gives_what_its_array_gives(image):
    np.testing.assert_array_equal(load_grey(encoded(Image.fromarray(image))), as_grey(image))


@given(greys, st.integers(1, 24))
def test_padding_is_black_centred_and_least(image, smallest):
    padded = pad_to(image, smallest)
    height, width = image.shape
    assert padded.shape == (max(height, smallest), max(width, smallest))
    top, left = (padded.shape[0] - height) // 2, (padded.shape[1] - width) // 2
    np.testing.assert_array_equal(padded[top : top + height, left : left + width], image)
    assert padded.sum(dtype=int) == image.sum(dtype=int)
