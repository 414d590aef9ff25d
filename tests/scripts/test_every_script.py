"""Every script can be run: none has lost what it imports."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

SCRIPTS = Path(__file__).parents[2] / "scripts"


@pytest.mark.parametrize("name", sorted(path.stem for path in SCRIPTS.glob("*.py")))
def test_every_script_still_imports_and_helps(name, monkeypatch) -> None:
    monkeypatch.setattr(sys, "path", [str(SCRIPTS), *sys.path])
    script = importlib.import_module(name)
    if isinstance(getattr(script, "main", None), click.Command):
        assert CliRunner().invoke(script.main, ["--help"]).exit_code == 0
