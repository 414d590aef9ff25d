"""The contract survives the file, and a malformed one is refused key by key."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capsonnx.contract import FORMAT, Contract, DecoderContract, Windows
from capsonnx.errors import ModelError

PLAIN = Contract(labels=("0", "1"))
WINDOWS = Windows((6.0, 7.0), 2, (28, 22), 0.5, (20.0, 12.0), silent_black=True)

contracts = st.builds(
    Contract,
    labels=st.lists(st.text(), min_size=1, unique=True).map(tuple),
    threshold=st.floats(0, 1, exclude_max=True),
    smallest=st.integers(1, 100),
    dataset=st.text(),
    accuracy=st.dictionaries(st.text(), st.floats(0, 1)),
    recipe=st.dictionaries(st.text(), st.integers() | st.text() | st.none()),
    windows=st.sampled_from([None, WINDOWS]),
)


@given(contracts)
def test_metadata_come_back_as_they_were(contract: Contract) -> None:
    assert Contract.from_metadata(contract.to_metadata(), name="m.onnx") == contract


def test_the_keys_are_these() -> None:
    names = "accuracy dataset format labels network polarity receptive_field recipe smallest software stride threshold"
    assert sorted(PLAIN.to_metadata()) == [f"capsonnx.{name}" for name in names.split()]


@pytest.mark.parametrize("key", PLAIN.to_metadata())
def test_every_key_is_needed_and_typed(key: str) -> None:
    metadata = PLAIN.to_metadata()
    with pytest.raises(ModelError, match=f"no metadata key {key}"):
        Contract.from_metadata({name: value for name, value in metadata.items() if name != key}, name="m.onnx")
    for wrong in ("", "{", "null", "true", '[{"a": 1}]' if key.endswith("labels") else "[]"):
        with pytest.raises(ModelError, match="malformed"):
            Contract.from_metadata(metadata | {key: wrong}, name="m.onnx")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("labels", []),
        ("labels", ["a", "a"]),
        ("labels", [1, 2]),
        ("threshold", 1),
        ("threshold", -0.1),
        ("polarity", "dark-on-light"),
    ],
)
def test_values_out_of_range_are_refused(key: str, value: object) -> None:
    with pytest.raises(ModelError, match=key):
        Contract.from_metadata(PLAIN.to_metadata() | {f"capsonnx.{key}": json.dumps(value)}, name="m.onnx")


@pytest.mark.parametrize("version", [FORMAT + 1, 0])
def test_another_format_is_refused(version: int) -> None:
    with pytest.raises(ModelError, match="upgrade capsonnx"):
        Contract.from_metadata(PLAIN.to_metadata() | {"capsonnx.format": str(version)}, name="m.onnx")


DECODER = DecoderContract(labels=("0", "1"), dimension=16, size=(28, 20), poses_of="a" * 64, software={"torch": "2"})


def test_metadata_of_a_decoder_come_back_as_they_were() -> None:
    assert DecoderContract.from_metadata(DECODER.to_metadata(), name="d.onnx") == DECODER
    names = "dimension format kind labels poses_of size software"
    assert sorted(DECODER.to_metadata()) == [f"capsonnx.{name}" for name in names.split()]


@pytest.mark.parametrize("key", sorted(DECODER.to_metadata()))
def test_every_key_of_a_decoder_is_needed_and_typed(key: str) -> None:
    metadata = DECODER.to_metadata()
    with pytest.raises(ModelError, match="not a decoder" if key.endswith("kind") else f"no metadata key {key}"):
        DecoderContract.from_metadata({name: value for name, value in metadata.items() if name != key}, name="d.onnx")
    for wrong in ("", "{", "null", "true", '[{"a": 1}]'):
        with pytest.raises(ModelError, match=r"not a decoder|malformed"):
            DecoderContract.from_metadata(metadata | {key: wrong}, name="d.onnx")


@pytest.mark.parametrize(
    ("key", "value"),
    [("labels", "[]"), ("size", "[28]"), ("size", "[0, 28]"), ("size", "[2.5, 28]"), ("dimension", "0")],
)
def test_values_of_a_decoder_out_of_range_are_refused(key: str, value: str) -> None:
    with pytest.raises(ModelError, match=key):
        DecoderContract.from_metadata(DECODER.to_metadata() | {f"capsonnx.{key}": value}, name="d.onnx")


def test_a_decoder_is_no_network_and_the_other_way_round() -> None:
    with pytest.raises(ModelError, match="a decoder, which reads nothing"):
        Contract.from_metadata(DECODER.to_metadata(), name="d.onnx")
    with pytest.raises(ModelError, match="not a decoder"):
        DecoderContract.from_metadata(PLAIN.to_metadata(), name="m.onnx")


@pytest.mark.parametrize("key", ["smallest", "stride", "receptive_field"])
def test_lengths_are_of_one_pixel_at_least(key):
    metadata = Contract(labels=("a", "b")).to_metadata()
    with pytest.raises(ModelError, match=f"{key} is malformed; expected a whole number of pixels from 1"):
        Contract.from_metadata({**metadata, f"capsonnx.{key}": "0"}, name="x.onnx")
