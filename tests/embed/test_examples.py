"""Every example under exported/embed runs, and says what capsonnx says.

An example is skipped only where the tool that it is about is not on this machine (Node.js, jq, a C++ compiler, ONNX
Runtime's headers). What an example installs must install: a failing ``npm ci`` or ``get-headers`` is a failing test.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from PIL import Image

import capsonnx
from capsonnx.images import load_grey
from capsonnx.runtime import load_model, read_scores

EXPORTED = Path(__file__).parents[2] / "exported"
EMBED = EXPORTED / "embed"
SHIPPED = EXPORTED / "mnist.onnx"
SAMPLES = ["2-over-7.png", "5-1-4-9-6-row.png", "blank.png"]
RUNTIMES = ["python", "node", "cpp", "shell"]
SYSTEM_HEADERS = Path("/usr/include/onnxruntime")

# Blocks what the Python example must do without, then runs it as a script.
ALONE = "import runpy, sys; sys.modules.update(capsonnx=None, onnx=None, torch=None); " + (
    "sys.argv.pop(0); runpy.run_path(sys.argv[0], run_name='__main__')"
)


def run(*command, cwd=EMBED, **environment) -> subprocess.CompletedProcess[str]:
    options = {"cwd": cwd, "env": os.environ | environment, "timeout": 300}
    return subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False, **options)


def require(*tools: str) -> None:
    for tool in tools:
        if shutil.which(tool) is None:
            pytest.skip(f"{tool} is not on this machine")


def install(*command, cwd) -> None:
    result = run(*command, cwd=cwd)
    assert result.returncode == 0, result.stdout + result.stderr


@cache
def node_folder() -> Path:
    """exported/embed/node with its locked packages, which are installed once and again when the lock changes."""
    folder = EMBED / "node"
    installed = folder / "node_modules" / ".package-lock.json"
    if not installed.exists() or installed.stat().st_mtime < (folder / "package-lock.json").stat().st_mtime:
        install("npm", "ci", "--ignore-scripts", cwd=folder)
    return folder


@cache
def headers() -> Path:
    """The folder of ONNX Runtime's headers: the system's, or those that the example's own script gets on Debian 12."""
    if SYSTEM_HEADERS.exists():
        return SYSTEM_HEADERS
    release = Path("/etc/os-release").read_text() if Path("/etc/os-release").exists() else ""
    if "VERSION_CODENAME=bookworm" not in release:
        pytest.skip("ONNX Runtime's headers are not on this machine: apt-get install libonnxruntime-dev")
    install("./get-headers", cwd=EMBED / "cpp")
    return EMBED / "cpp" / "include"


@pytest.fixture(scope="session")
def cpp_program(tmp_path_factory):
    """The C++ example, compiled, and the folder of the library: the one inside the Python package."""
    require("c++")
    folder = tmp_path_factory.mktemp("cpp")
    libraries = sorted((Path(onnxruntime.__file__).parent / "capi").glob("libonnxruntime.so.*"))
    if not libraries:
        pytest.skip("this onnxruntime package has its library in the Python module alone")
    for name in ("libonnxruntime.so", "libonnxruntime.so.1"):
        (folder / name).symlink_to(libraries[-1])
    flags = ["-std=c++17", "-Wall", "-Wextra", "-Werror", "-isystem", headers(), "-L", folder, "-lonnxruntime"]
    install("c++", EMBED / "cpp" / "read.cpp", "-o", folder / "read", *flags, cwd=folder)
    return folder / "read"


@pytest.fixture(params=RUNTIMES)
def example(request, tmp_path):
    """A function that runs one example on a model and an image."""
    if request.param == "python":
        return lambda model, image: run(sys.executable, "-c", ALONE, EMBED / "python" / "read.py", model, image)
    if request.param == "node":
        require("node", "npm")
        return lambda model, image: run("node", node_folder() / "read.js", model, image)
    if request.param == "shell":
        require("bash", "jq")
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        return lambda model, image: run(EMBED / "shell" / "read.sh", model, image, PATH=path)
    program = request.getfixturevalue("cpp_program")

    def run_cpp(model, image):
        Image.open(image).convert("L").save(tmp_path / "image.pgm")
        return run(program, model, tmp_path / "image.pgm", LD_LIBRARY_PATH=str(program.parent))

    return run_cpp


@pytest.fixture(scope="session")
def renamed(tmp_path_factory):
    """The shipped model under other labels and another threshold, as a model of somebody else's would be."""
    return altered(
        tmp_path_factory.mktemp("renamed") / "renamed.onnx",
        {
            "capsonnx.labels": '["nought", "one", "a \\"two\\"", "drei", "四", "five, V", "six", "sept", "eight", "9"]',
            "capsonnx.threshold": "0.25",
        },
    )


def altered(path: Path, metadata: dict[str, str]) -> Path:
    """A copy of the shipped model with other metadata."""
    model = onnx.load(SHIPPED)
    kept = {one.key: one.value for one in model.metadata_props}
    onnx.helper.set_model_props(model, kept | metadata)
    onnx.save(model, path)
    return path


def found_by_reader(model: Path, image: Path):
    """What `capsonnx infer` finds, which cuts a page to its ink first: the shell example asks it."""
    return capsonnx.load(model, provider="cpu").read(image).found


def found_as_it_is(model: Path, image: Path):
    """What the model finds in the image as it is: the other examples do nothing to it."""
    loaded, levels = load_model(model, provider="cpu"), load_grey(image)
    return read_scores(loaded(levels[np.newaxis]).lengths[0], loaded.contract, size=levels.shape).found


def assert_says_what_capsonnx_says(result, model: Path, image: Path) -> None:
    """Each label and its score, two spaces between, the highest first; a last digit may round otherwise."""
    assert result.returncode == 0, result.stderr
    assert result.stdout.endswith("\n")
    found = [entry.rsplit(" ", 1) for entry in result.stdout[:-1].split("  ") if entry]
    expected = found_by_reader(model, image) if "read.sh" in " ".join(result.args) else found_as_it_is(model, image)
    assert [label for label, _ in found] == [one.label for one in expected]
    assert all(re.fullmatch(r"\d\.\d\d", score) for _, score in found)
    assert [float(score) for _, score in found] == pytest.approx([one.score for one in expected], abs=0.0051)


@pytest.mark.parametrize("sample", SAMPLES)
def test_it_says_what_capsonnx_says(example, sample):
    image = EXPORTED / "samples" / sample
    assert_says_what_capsonnx_says(example(SHIPPED, image), SHIPPED, image)


def test_labels_and_threshold_are_the_files_own(example, renamed):
    image = EXPORTED / "samples" / "2-over-7.png"
    result = example(renamed, image)
    assert_says_what_capsonnx_says(result, renamed, image)
    assert {'a "two"', "sept"} <= {entry.rsplit(" ", 1)[0] for entry in result.stdout[:-1].split("  ")}


def test_a_newer_format_is_refused(example, tmp_path):
    newer = altered(tmp_path / "newer.onnx", {"capsonnx.format": "2"})
    result = example(newer, EXPORTED / "samples" / "2-over-7.png")
    assert result.returncode == 1
    assert result.stdout == ""
    assert "format 2; expected" in result.stderr
    assert len(result.stderr.splitlines()) == 1


def read_text(image: Path, model: Path = SHIPPED) -> subprocess.CompletedProcess[str]:
    return run(sys.executable, "-c", ALONE, EMBED / "python" / "read_text.py", model, image)


@pytest.mark.parametrize("sample", ["5-1-4-9-6-row.png", "3-8-side-by-side.png", "blank.png"])
def test_the_text_of_a_line_is_what_capsonnx_reads(sample):
    image = EXPORTED / "samples" / sample
    result = read_text(image)
    assert result.returncode == 0, result.stderr
    assert result.stdout == f"{capsonnx.load(SHIPPED, provider='cpu').read(image).text}\n"


def without_field(path: Path) -> Path:
    """A copy of the shipped model that has the output no more."""
    model = onnx.load(SHIPPED)
    model.graph.output.remove(next(output for output in model.graph.output if output.name == "field"))
    onnx.save(model, path)
    return path


def reading_black(path: Path) -> Path:
    """A copy that says that black tells its network something."""
    model = onnx.load(SHIPPED)
    windows = next(one.value for one in model.metadata_props if one.key == "capsonnx.windows")
    return altered(path, {"capsonnx.windows": json.dumps(json.loads(windows) | {"silent_black": False})})


@pytest.mark.parametrize(
    ("change", "part"), [(without_field, "no output field"), (reading_black, "reads something in black")]
)
def test_a_file_that_its_text_cannot_be_read_with_is_told_so(tmp_path, change, part):
    result = read_text(EXPORTED / "samples" / "blank.png", change(tmp_path / "other.onnx"))
    assert result.returncode == 1
    assert part in result.stderr
    assert len(result.stderr.splitlines()) == 1


@pytest.mark.parametrize("script", ["read.py", "read_text.py"])
def test_an_image_that_cannot_be_read_is_told_in_a_line(script):
    result = run(sys.executable, "-c", ALONE, EMBED / "python" / script, SHIPPED, EXPORTED / "samples" / "broken.png")
    assert result.returncode == 1
    assert result.stderr.count("\n") == 1
    assert "broken.png: " in result.stderr


def test_node_types_hold():
    require("node", "npm")
    result = run("npm", "run", "check", cwd=node_folder())
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize(
    "path",
    [
        "python/read.py",
        "python/read_text.py",
        "node/read.js",
        "node/metadata.js",
        "cpp/read.cpp",
        "shell/read.sh",
    ],
)
def test_examples_are_short(path):
    lines = (line.strip() for line in (EMBED / path).read_text().splitlines())
    assert sum(1 for line in lines if line and not line.startswith(("//", "#!", "# ", "*", "/*"))) <= 45
