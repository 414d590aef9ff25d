"""Install a runtime in a folder of its own, and ask it in a process of its own."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

DRIVERS = Path(__file__).parent / "drivers"
LONGEST_SETUP, LONGEST = 1800, 600
"""Seconds that each step of installing a runtime may take, and that answering may, unless its row says otherwise."""


@dataclass(frozen=True)
class Runtime:
    """A row of runtimes.toml.

    Attributes:
        name: the name for --only and of its folder.
        title: the title in the table.
        engine: what does the computing; several rows may share one engine.
        driver: the file in scripts/portability/drivers that asks it.
        packages: what to install, with versions: from PyPI, or from npm for a driver in JavaScript.
        python: the version of Python to install into.
        dynamic: whether the model, loaded once, answers all shapes; if not, the driver loads it for each shape.
        opset: the opset of the file it is given, exported from the same network; 0 for the file itself.
        longest: seconds that it may take to answer.
        took: what it took to run it, for the table.
        trouble: what it fails on, for the table, if it does.
    """

    name: str
    title: str
    engine: str
    driver: str
    packages: tuple[str, ...] = ()
    python: str = "3.11"
    dynamic: bool = True
    opset: int = 0
    longest: int = LONGEST
    took: str = ""
    trouble: str = ""


def catalogue() -> dict[str, Runtime]:
    """Every runtime of runtimes.toml, by name."""
    entries = tomllib.loads((DRIVERS.parent / "runtimes.toml").read_text(encoding="utf-8"))
    return {name: Runtime(name, **{**entry, "packages": tuple(entry["packages"])}) for name, entry in entries.items()}


def setup_of(runtime: Runtime) -> str:
    """A hash of what a measured row depends on: the packages, the options and the driver."""
    files = [DRIVERS / runtime.driver, *sorted(DRIVERS.glob("answering.*"))]
    if "chromium.mjs" in files[0].read_text(encoding="utf-8"):
        files.append(DRIVERS / "chromium.mjs")
    content = [
        repr((runtime.packages, runtime.python, runtime.dynamic, runtime.opset)).encode(),
        *(one.read_bytes() for one in files),
    ]
    return hashlib.sha256(b"".join(content)).hexdigest()[:16]


def install(runtime: Runtime, folder: Path) -> list[str]:
    """Install the packages into the runtime's folder, once, and return the command that runs its driver."""
    is_script = runtime.driver.endswith(".mjs")
    python = folder / "bin" / "python"
    stamp, wanted = folder / "installed", repr((runtime.packages, runtime.python))
    if not stamp.is_file() or stamp.read_text() != wanted:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        if is_script:
            (folder / "package.json").write_text("{}")
            execute(["npm", "install", "--ignore-scripts", *runtime.packages], folder, LONGEST_SETUP)
        else:
            execute([interpreter(runtime.python), "-m", "venv", str(folder)], folder, LONGEST_SETUP)
            execute([str(python), "-m", "pip", "install", *runtime.packages], folder, LONGEST_SETUP)
        stamp.write_text(wanted)
    return ["node" if is_script else str(python), str(DRIVERS / runtime.driver)]


def interpreter(version: str) -> str:
    """A Python of this version: the running one, one on the path, or one of pyenv's."""
    if version == "{}.{}".format(*sys.version_info):
        return sys.executable
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    for candidate in [f"python{version}", *map(str, sorted(pyenv.glob(f"{version}.*/bin/python")))]:
        # A pyenv shim exists even if its version is not selected, and then fails.
        if (
            shutil.which(candidate)
            and subprocess.run([candidate, "-V"], check=False, capture_output=True).returncode == 0
        ):
            return candidate
    raise subprocess.SubprocessError(f"no Python {version} on this machine")


def ask(
    command: list[str], model: Path, folder: Path, questions: Path, *, longest: int
) -> tuple[str, dict[str, NDArray[np.float32]], dict[str, str]]:
    """Run the driver and return the runtime's version, its answers, and the messages of what failed."""
    answers = folder / "answers"
    shutil.rmtree(answers, ignore_errors=True)
    answers.mkdir()
    given = shutil.copy(model, folder / "given.onnx")  # some converters modify the file that they are given
    output = execute([*command, *map(str, (given, questions, answers))], folder, longest)
    noted = answers / "errors.json"
    errors = json.loads(noted.read_text()) if noted.is_file() else {}
    found = {path.stem: np.load(path) for path in answers.glob("*.npy")}
    return json.loads(output.splitlines()[-1])["version"], found, errors


def execute(command: list[str], folder: Path, longest: int) -> str:
    """Run a command and return what it printed, or raise an error with the last line of its output.

    Its standard error goes to the folder's log. If it takes longer than ``longest`` seconds, it is killed together with
    everything that it started, perhaps a browser.
    """
    log = folder / "log.txt"
    with log.open("ab") as stream:
        process = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=stream, start_new_session=True)
        try:
            output, _ = process.communicate(timeout=longest)
        except subprocess.TimeoutExpired:
            raise subprocess.SubprocessError(f"not done after {longest} s") from None
        finally:
            end_group(process)
    if process.returncode:
        name = signal.Signals(-process.returncode).name if process.returncode < 0 else f"exit {process.returncode}"
        last = (output + log.read_bytes()).decode(errors="replace").strip().splitlines()[-1:]
        raise subprocess.SubprocessError(f"{Path(command[0]).name}: {name}: {' '.join(last)}")
    return output.decode()


def end_group(process: subprocess.Popen[bytes]) -> None:
    """Kill a process and whatever is left of its process group."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
