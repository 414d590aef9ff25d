"""``capsonnx check`` of a decoder's file; of networks' files ``end_to_end`` has the tests."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest
import torch
from click.testing import CliRunner

from capsonnx import export, training
from capsonnx.cli import main
from capsonnx.model import Decoder, DecoderConfig


@pytest.fixture
def decoder() -> Decoder:
    torch.manual_seed(0)
    return Decoder(DecoderConfig(2, 4, (9, 7), hidden=(8, 8))).eval()


@pytest.fixture
def here(tmp_path, monkeypatch, decoder):
    """A folder with a decoder's file, and two runs: the one that it is of, and one without a decoder."""
    contract = export.decoder_contract_of(decoder, ("a", "b"), "0" * 64)
    (tmp_path / "digits.decoder.onnx").write_bytes(export.decoder_to_onnx(decoder, contract))
    trained = {"run": SimpleNamespace(decoder=decoder), "plain": SimpleNamespace(decoder=None)}
    monkeypatch.setattr(training, "load_trained", lambda folder: trained[folder.name])
    monkeypatch.chdir(tmp_path)
    return tmp_path


def check(*arguments):
    return CliRunner().invoke(main, ["check", "digits.decoder.onnx", *arguments])


def test_a_decoder_alone_is_not_compared(here) -> None:
    result = check()
    assert result.exit_code == 0
    assert "note    parity        of a decoder is measured by --against" in result.stdout
    assert result.stdout.endswith("digits.decoder.onnx: all good\n")


def test_a_decoder_is_compared_with_that_of_a_run(here, decoder) -> None:
    report = json.loads(check("--against", "run", "--json").stdout)
    assert report["passed"]
    assert report["parity"]["differences"]["images"] <= 1e-5
    with torch.no_grad():
        decoder.layers[0].weight += 1
    result = check("--against", "run")
    assert result.exit_code == 1
    assert "FAILED  parity of images" in result.stdout


@pytest.mark.parametrize(
    ("against", "part"),
    [
        ("plain", "plain: a run without a decoder; expected the training folder"),
        ("digits.decoder.onnx", "onnx: a file"),
    ],
)
def test_what_has_no_decoder_is_wrong_usage(here, against, part) -> None:
    result = check("--against", against)
    assert result.exit_code == 2
    assert part in result.stderr
    assert result.stderr.count("\n") == 1
