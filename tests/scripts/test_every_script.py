"""Every script can be run: none has lost what it imports."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

SCRIPTS = Path(__file__).parents[2] / "scripts"


@pytest.mark.parametrize("name", sorted(path.relative_to(SCRIPTS).as_posix() for path in SCRIPTS.glob("*/*.py")))
def test_every_script_still_imports_and_helps(name, monkeypatch) -> None:
    folder, _, file = name.partition("/")
    monkeypatch.setattr(sys, "path", [str(SCRIPTS / folder), *sys.path])
    script = importlib.import_module(file.removesuffix(".py"))
    if isinstance(getattr(script, "main", None), click.Command):
        assert CliRunner().invoke(script.main, ["--help"]).exit_code == 0
