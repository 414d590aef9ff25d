from __future__ import annotations

import gzip
import struct

import hypothesis.extra.numpy as arrays
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from capsonnx.datasets import idx
from capsonnx.errors import DataError, InputError

any_array = arrays.arrays(np.uint8, arrays.array_shapes(min_dims=1, max_dims=5, min_side=0, max_side=6))
EXAMPLE = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)


@given(any_array, st.booleans())
def test_what_is_encoded_is_decoded(array: np.ndarray, compress: bool) -> None:
    decoded = idx.decode(idx.encode(array, compress=compress), name="array")
    assert decoded.dtype == np.uint8
    assert decoded.flags.writeable
    np.testing.assert_array_equal(decoded, array)


@given(st.binary(max_size=64))
def test_any_bytes_are_an_array_or_a_data_error(content: bytes) -> None:
    try:
        decoded = idx.decode(content, name="noise")
    except DataError:
        return
    assert idx.encode(decoded) == idx.expand(content, name="noise")


def test_the_layout_is_that_of_the_format() -> None:
    assert idx.encode(EXAMPLE) == struct.pack(">BBBB3I", 0, 0, 8, 3, 2, 3, 4) + bytes(range(24))


def test_arrays_that_are_not_contiguous_are_encoded_in_their_order() -> None:
    np.testing.assert_array_equal(idx.decode(idx.encode(EXAMPLE.T), name="array"), EXAMPLE.T)


def test_compression_leaves_no_time_stamp() -> None:
    compressed = idx.encode(EXAMPLE, compress=True)
    assert compressed[4:8] == bytes(4)
    assert gzip.decompress(compressed) == idx.encode(EXAMPLE)


@pytest.mark.parametrize("compress", [False, True])
def test_every_truncation_is_refused(compress: bool) -> None:
    content = idx.encode(EXAMPLE, compress=compress)
    for length in range(len(content)):
        with pytest.raises(DataError, match="cut"):
            idx.decode(content[:length], name="cut")


@pytest.mark.parametrize("compress", [False, True])
def test_bytes_after_the_end_are_refused(compress: bool) -> None:
    with pytest.raises(DataError, match="long"):
        idx.decode(idx.encode(EXAMPLE, compress=compress) + b"x", name="long")


def test_damaged_gzip_is_refused() -> None:
    content = idx.encode(EXAMPLE, compress=True)
    for place in range(10, len(content)):  # after the header, whose flags gzip itself does not check
        damaged = content[:place] + bytes([content[place] ^ 0x55]) + content[place + 1 :]
        with pytest.raises(DataError, match="gzip"):
            idx.decode(damaged, name="damaged")


def test_a_gzip_bomb_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(idx, "LARGEST", 1000)
    with pytest.raises(DataError, match="more than 1000 bytes"):
        idx.decode(gzip.compress(bytes(1001)), name="bomb")


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"", "begins with nothing"),
        (b"\x89PNG\r\n", "begins with 89 50 4e 47"),
        (bytes([0, 0, 0x0D, 1, 0, 0, 0, 1]) + bytes(4), "values of type 0x0d"),
        (bytes([0, 0, 8, 0]) + bytes(1), "0 axes"),
        (bytes([0, 0, 8, 33]) + bytes(4 * 33), "33 axes"),
        (bytes([0, 0, 8, 3]) + b"\xff" * 12, "declares the shape"),
        (bytes([0, 0, 8, 3]) + b"\xff" * 8 + bytes(4), "declares the shape"),
    ],
)
def test_bad_headers_are_refused(content: bytes, fault: str) -> None:
    with pytest.raises(DataError, match=f"file: {fault}"):
        idx.decode(content, name="file")


@pytest.mark.parametrize("array", [np.zeros(3, np.int64), np.array(3, np.uint8)])
def test_arrays_that_the_format_cannot_hold_are_refused(array: np.ndarray) -> None:
    with pytest.raises(InputError, match="an array of"):
        idx.encode(array)
