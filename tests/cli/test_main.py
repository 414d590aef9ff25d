"""The command as a user meets it: help, version, one-line errors, exit codes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from capsonnx import __version__
from capsonnx.cli import COMMANDS, main

ROOT = Path(__file__).parents[2]


def capsonnx(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "capsonnx", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


def test_version() -> None:
    result = capsonnx("--version")
    assert (result.returncode, result.stdout) == (0, f"capsonnx, version {__version__}\n")


def test_help_lists_every_command_with_its_summary() -> None:
    text = capsonnx("--help").stdout
    for name, summary in COMMANDS.items():
        assert f"{name} " in text
        assert summary in text


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_with_examples(name: str) -> None:
    result = capsonnx(name, "--help")
    assert result.returncode == 0
    assert f"capsonnx {name}" in result.stdout.split("Examples:")[1]


@pytest.mark.parametrize("arguments", [[], *([name] for name in COMMANDS)])
def test_help_fits_a_narrow_terminal(monkeypatch, arguments: list[str]) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    lines = capsonnx(*arguments, "--help").stdout.splitlines()
    assert [line for line in lines if len(line) > 80] == []


def test_all_is_said_in_utf_8_whatever_the_system_has(tmp_path) -> None:
    command = [sys.executable, "-m", "capsonnx", "check", "Δ⏎.onnx"]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "cp1252", "PYTHONUTF8": "0"}
    result = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, check=False)
    assert "Δ⏎.onnx: No such file" in result.stderr.decode("utf-8")


def test_an_interruption_that_another_error_wraps_is_one(monkeypatch) -> None:
    def stumble(_self: object, _context: object) -> None:
        try:
            raise KeyboardInterrupt
        except KeyboardInterrupt:
            raise AttributeError("module has no attribute 'exc'")  # noqa: B904 - as torch's exporter does

    monkeypatch.setattr(click.Group, "invoke", stumble)
    result = CliRunner().invoke(main, ["export"])
    assert (result.exit_code, result.stderr) == (130, "interrupted\n")


def test_the_package_lists_what_it_loads_late() -> None:
    import capsonnx as package

    assert set(package.__all__) <= set(dir(package))


@pytest.mark.parametrize(
    ("arguments", "code", "part"),
    [
        (["nonsense"], 2, "No such command"),
        (["trian"], 2, "Did you mean 'train'?"),
        (["train", "--epochs", "0"], 2, "--epochs"),
        (["train", "--recipe", "soup", "-o", "x"], 2, "'soup' is not one of 'seed', 'default'"),
        (["train", "--data", "no-such", "-o", "x"], 2, "no-such"),
        (["train", "--resume", "-o", "x"], 2, "x: no run there to resume"),
        (["train", "--resume"], 2, "leave out --resume to start a run"),
        (["export", "no-such", "-o", "x.onnx"], 2, "no-such: no such folder"),
        (["export", "no-such", "-o", "x.txt"], 2, "x.txt: not the name of an ONNX file; expected NAME.onnx"),
        (["export", ".", "-o", "x.onnx"], 1, ".: no config.json in it"),
        (["evaluate", "--provider", "foo"], 2, "provider 'foo': unknown; expected one of auto, "),
        (["check", "no-such.onnx"], 2, "no-such.onnx"),
    ],
)
def test_a_mistake_is_one_line_that_helps(tmp_path, monkeypatch, arguments, code, part) -> None:
    monkeypatch.chdir(tmp_path)
    result = capsonnx(*arguments)
    assert result.returncode == code
    assert part in result.stderr
    assert "Traceback" not in result.stderr
    assert result.stdout == ""
    assert not list(tmp_path.iterdir())


def test_a_missing_extra_is_named(monkeypatch) -> None:
    from capsonnx.cli import extras
    from capsonnx.errors import MissingExtraError

    monkeypatch.setattr(extras, "find_spec", lambda package: None)
    with pytest.raises(MissingExtraError, match=r"'\.\[train\]'"):
        extras.require_train("capsonnx train")


def test_a_command_that_is_interrupted_says_so(monkeypatch) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("capsonnx.runtime.load_model", interrupted)
    result = CliRunner().invoke(main, ["evaluate"])
    assert (result.exit_code, result.stderr) == (130, "interrupted\n")
