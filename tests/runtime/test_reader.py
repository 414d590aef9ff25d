from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import capsonnx
from capsonnx.errors import ImageError, InputError, ModelError
from capsonnx.runtime import session


@pytest.fixture(scope="module")
def reader(tiny_model):
    return capsonnx.load(tiny_model, provider="cpu", threads=1)


@pytest.fixture
def ink():
    image = np.zeros((20, 24), np.uint8)
    image[5:15, 5:18] = np.random.default_rng(0).integers(0, 256, (10, 13))
    return image


def test_every_kind_of_image_is_read_alike(reader, ink, tmp_path):
    path = tmp_path / "ink.png"
    Image.fromarray(ink).save(path)
    kinds = [path, str(path), path.read_bytes(), ink, ink.tolist(), 255 - ink, ink / 255]
    first, *others = [reader.read(kind) for kind in kinds]
    assert first.labels
    assert (first.height, first.width) == (20, 24)
    assert all(other == first for other in others)
    rows = list(reader.read_many(kinds))
    assert [row.reading.labels for row in rows] == [first.labels] * len(kinds)
    assert [row.path for row in rows][1:3] == [str(path), "image 3"]


@pytest.mark.parametrize(
    "option",
    [
        {"preparation": "maybe"},
        {"polarity": "x"},
        {"height": -1},
        {"threshold": "0.5"},
        {"threads": 0},
        {"provider": None},
    ],
    ids=str,
)
def test_an_option_is_refused_on_loading(tiny_model, option):
    [name] = option
    with pytest.raises(InputError, match=f"^{name} "):
        capsonnx.load(tiny_model, **{"provider": "cpu", **option})


def test_many_are_several(reader, ink, tmp_path):
    Image.fromarray(ink).save(tmp_path / "ink.png")
    with (tmp_path / "ink.png").open("rb") as file, pytest.raises(InputError, match="expected several images"):
        reader.read_many(file)
    with pytest.raises(InputError, match="expected several images"):
        reader.read_many(Image.fromarray(ink))
    with pytest.raises(InputError, match=r"workers 2\.5"):
        reader.read_many([ink], workers=2.5)


def test_a_folder_may_have_the_name_of_a_pattern(reader, ink, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("-", "[a]"):
        Path(name).mkdir()
        Image.fromarray(ink).save(Path(name, "ink.png"))
        assert [(row.path, row.error) for row in reader.read_folder(name)] == [(f"{name}/ink.png", None)]


def test_a_blank_image_of_any_size_holds_nothing(reader):
    assert reader.read([[0] * 28] * 28).labels == ()
    assert reader.read([[255]]).labels == ()


def test_black_around_an_image_changes_nothing(reader, ink):
    scores = reader.read(np.pad(ink, 14)).scores  # every window that sees some ink is there already
    around = reader.read(np.pad(ink, 34)).scores
    np.testing.assert_allclose(list(around.values()), list(scores.values()), atol=1e-6)


def test_a_small_image_is_padded_and_keeps_its_size(reader):
    reading = reader.read([[0, 0, 0], [0, 255, 0], [0, 0, 0]])
    assert (reading.height, reading.width) == (3, 3)


def test_options_are_the_readers_own(tiny_model, ink):
    reader = capsonnx.load(str(tiny_model), provider="cpu", threshold=0, height=40, polarity="dark-on-light")
    reading = reader.read(ink)
    assert (reading.height, reading.width) == (40, 48)
    assert set(reading.labels) == {label for label, score in reading.scores.items() if score > 0}


def test_a_folder(reader, ink, tmp_path):
    for name in ("10.png", "9.png"):
        Image.fromarray(ink).save(tmp_path / name)
    assert [row.path for row in reader.read_folder(tmp_path)] == [str(tmp_path / "9.png"), str(tmp_path / "10.png")]
    for path in (tmp_path / "none", tmp_path / "9.png", "-"):
        with pytest.raises(InputError, match="no such folder"):
            reader.read_folder(path)


def test_open_files_and_pillow_images_read_as_their_bytes(reader, ink):
    palette = Image.fromarray(ink).convert("P")
    palette.putpalette([255 - level for level in range(256) for _ in range(3)])  # dark ink, behind light indices
    file = io.BytesIO()
    palette.save(file, "PNG")
    reading = reader.read(file.getvalue())
    assert reading.labels
    assert reader.read(palette) == reading
    file.seek(0)
    assert [row.reading for row in reader.read_many([palette, file])] == [reading, reading]


def test_what_cannot_be_read_is_raised(reader, tmp_path):
    with pytest.raises(ImageError, match=r"none\.png"):
        reader.read(tmp_path / "none.png")
    with pytest.raises(ImageError, match="image of 3 bytes"):
        reader.read(b"abc")
    with pytest.raises(ImageError, match="image stream: not an image"):
        reader.read(io.BytesIO())
    with pytest.raises(InputError, match="an image of type NoneType"):
        reader.read(None)


def test_a_threshold_is_a_score(tiny_model):
    with pytest.raises(InputError, match="threshold"):
        capsonnx.load(tiny_model, threshold=50)


def test_without_a_model_the_message_says_where_to_get_one(monkeypatch):
    monkeypatch.setattr(session, "shipped", lambda name: None)
    with pytest.raises(ModelError, match="pass the path of a model"):
        capsonnx.load()


def test_symbols_stand_where_the_ink_does(field_model, ink):
    reader = capsonnx.load(field_model, provider="cpu", threads=1)
    reading = reader.read(ink)
    assert reading.symbols
    assert reading.text.replace("\n", "") == "".join(symbol.label for symbol in reading.symbols)
    moved = reader.read(np.pad(ink, ((31, 2), (17, 40))))
    assert moved.text == reading.text
    for there, here in zip(moved.symbols, reading.symbols, strict=True):
        assert there.score == here.score
        np.testing.assert_allclose(np.subtract(there.box, here.box), [17, 31, 17, 31], atol=1)  # resized: to a pixel


def test_without_a_field_there_is_no_text(reader, ink):
    reading = reader.read(ink)
    assert (reading.text, reading.lines, reading.symbols) == (None, None, ())


def test_preparation_is_the_readers_own(field_model, ink):
    grey = np.maximum(np.pad(ink, 20), 30)
    prepared, left = (capsonnx.load(field_model, provider="cpu", preparation=mode).read(grey) for mode in ("on", "off"))
    assert prepared.scores != left.scores
    assert capsonnx.load(field_model, provider="cpu").read(grey) == prepared
    with pytest.raises(InputError, match="preparation 'sometimes'"):
        capsonnx.load(field_model, provider="cpu", preparation="sometimes").read(grey)


def test_what_is_no_path_is_refused(reader):
    with pytest.raises(InputError, match="a model of type int"):
        capsonnx.load(5)
    with pytest.raises(InputError, match="5: no such folder"):
        reader.read_folder(5)


@pytest.mark.parametrize("single", ["a.png", b"a file", Path("a.png")])
def test_a_single_image_is_not_many(reader, single):
    with pytest.raises(InputError, match="several images"):
        reader.read_many(single)
