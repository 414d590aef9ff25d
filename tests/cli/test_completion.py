from __future__ import annotations

import shutil

import pytest
from click.testing import CliRunner

from capsonnx.cli import main


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_completes_capsonnx(shell):
    if shell == "bash" and shutil.which("bash") is None:
        pytest.skip("click asks bash for its version")
    result = CliRunner().invoke(main, ["completion", shell])
    assert result.exit_code == 0
    assert "_CAPSONNX_COMPLETE" in result.stdout
    assert f"{shell}_complete" in result.stdout


def test_another_shell_is_wrong_usage():
    result = CliRunner().invoke(main, ["completion", "tcsh"])
    assert result.exit_code == 2


def test_the_help_tells_how_to_install_it():
    result = CliRunner().invoke(main, ["completion", "--help"])
    assert "capsonnx completion bash > " in result.output
