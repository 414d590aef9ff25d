"""Imports point down only, and what a user waits for imports little."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import capsonnx

PACKAGE = Path(capsonnx.__file__).parent

BASE = {"errors", "files", "progress", "wording", "require", "symbols", "contract", "images", "masks", "preparation"}
FLOORS = {
    **dict.fromkeys(sorted(BASE), BASE),  # in one order: every worker must collect the same tests
    "datasets": BASE,
    "exam": BASE | {"datasets"},
    "runtime": BASE | {"datasets", "exam"},
    "evaluation": BASE | {"datasets", "exam", "runtime"},
    "pictures": BASE | {"runtime"},
    "model": BASE | {"datasets", "exam"},
    "training": BASE | {"datasets", "exam", "model"},
    "export": BASE | {"datasets", "exam", "model", "training", "runtime"},
    "benchmark": BASE | {"datasets", "exam", "runtime", "export", "training"},
}
"""What each part may import of the others; ``cli`` may import all of them."""

HEAVY = {"torch", "onnx", "onnxscript", "onnx_ir", "safetensors", "matplotlib", "openvino"}


def imports(path: Path) -> set[str]:
    """Full names of all modules that a file imports, anywhere in it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def parts_of(modules: set[str]) -> set[str]:
    names = {module.split(".")[1] for module in modules if module.startswith("capsonnx.")}
    return names & (FLOORS.keys() | {"cli"})


@pytest.mark.parametrize("part", FLOORS)
def test_imports_point_down_only(part: str) -> None:
    folder = PACKAGE / part
    files = folder.glob("*.py") if folder.is_dir() else [PACKAGE / f"{part}.py"]
    for path in files:
        modules = imports(path)
        assert parts_of(modules) <= FLOORS[part] | {part}, path
        if part not in ("model", "training", "export"):
            allowed = {"pictures": {"matplotlib"}, "benchmark/peers": {"torch", "openvino"}}.get(
                part if part == "pictures" else f"{part}/{path.stem}", set()
            )
            assert not {module.split(".")[0] for module in modules} & (HEAVY - allowed), path


def run(*arguments: str) -> set[str]:
    """The modules that a command line imports."""
    program = "import sys; from capsonnx.cli import main; main.main(sys.argv[1:], standalone_mode=False); "
    program += "print(*sys.modules, file=sys.stderr)"
    result = subprocess.run(
        [sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=True, timeout=60
    )
    return set(result.stderr.split())


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["--version"],
        ["infer", "--help"],
        ["train", "--help"],
        ["explain", "--help"],
        ["perturb", "--help"],
        ["bench", "--help"],
    ],
)
def test_help_imports_nothing_heavy(arguments: list[str]) -> None:
    # click raises nothing here: --help and --version return in this mode.
    assert not run(*arguments) & (HEAVY | {"numpy", "PIL", "rich", "onnxruntime"})
