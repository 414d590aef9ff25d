"""Run exported/mnist.onnx in every runtime that the package registries have, and compare with the torch network.

Run: .venv/bin/python scripts/portability/portability.py

Each runtime is installed in a folder of its own and answers the same questions in a process of its own, the quick ones
first. After each, exported/portability.json and exported/portability.md are written. Each row records the date and the
SHA-256 of the file that was used. Rows in the JSON that have the same model and set-up are not measured again, so an
interrupted run can be continued; --only NAME measures one runtime anew. Installing takes the longest: --prepare does
only that, for a later run.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from questions import OF_FIELD, compare, exported_again, golden
from runtimes import Runtime, ask, catalogue, install, setup_of
from table import is_full, publish, summary

from capsonnx.runtime import default_model_path

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

ROOT = Path(__file__).parents[2]


@click.command()
@click.option("--model", type=click.Path(path_type=Path), help="The .onnx file.  [default: exported/mnist.onnx]")
@click.option("--work", type=click.Path(path_type=Path), default=ROOT / ".portability", help="Where to install.")
@click.option("--prepare", is_flag=True, help="Only install every runtime, for a run later.")
@click.option("--only", multiple=True, metavar="NAME", help="Measure only this runtime, and again.")
def main(model: Path | None, work: Path, only: tuple[str, ...], *, prepare: bool) -> None:
    """Measure every runtime; write portability.json and portability.md beside the model."""
    runtimes, work = catalogue(), work.absolute()
    if unknown := set(only) - runtimes.keys():
        raise click.BadParameter(f"{', '.join(sorted(unknown))}; expected some of {', '.join(runtimes)}")
    if prepare:
        install_all([runtimes[name] for name in only or runtimes], work)
        return
    model = (model or default_model_path()).absolute()
    digest = sha256(model)
    print("the questions, and the network's answers in float64 …", file=sys.stderr)
    answers = golden(model, digest, work / "questions")
    results = model.with_name("portability.json")
    rows = remembered(results, digest)
    for name, runtime in runtimes.items():
        if name not in only if only else name in rows:
            continue
        print(f"{name} …", end=" ", file=sys.stderr, flush=True)
        rows[name] = measure(runtime, model, work, answers)
        print(summary(rows[name]), file=sys.stderr)
        publish(results, digest, [rows[one] for one in runtimes if one in rows])
    publish(results, digest, [rows[one] for one in runtimes if one in rows])


def install_all(runtimes: list[Runtime], work: Path) -> None:
    """Install every runtime that is not installed yet, and report for each whether it succeeded."""
    for runtime in runtimes:
        print(f"{runtime.name} …", end=" ", file=sys.stderr, flush=True)
        try:
            install(runtime, work / runtime.name)
            print("installed", file=sys.stderr)
        except subprocess.SubprocessError as error:
            print(shortened(str(error)), file=sys.stderr)


def remembered(results: Path, digest: str) -> dict[str, dict[str, Any]]:
    """The rows measured earlier, by name, that are for this very model and the current set-up."""
    if not results.is_file():
        return {}
    recorded = json.loads(results.read_text(encoding="utf-8"))
    if recorded["sha256"] != digest:
        return {}
    runtimes = catalogue()
    return {
        row["name"]: row | dataclasses.asdict(runtimes[row["name"]])  # its descriptions may have changed since
        for row in recorded["runtimes"]
        if row["name"] in runtimes and row["setup"] == setup_of(runtimes[row["name"]])
    }


def measure(runtime: Runtime, model: Path, work: Path, expected: dict[str, NDArray[np.float32]]) -> dict[str, Any]:
    """Measure a runtime with the file. If it fails, try a file that has neither evidence nor field."""
    given = exported_again(model, work, opset=runtime.opset) if runtime.opset else model
    row = attempt(runtime, given, work, expected)
    plain = {name: right for name, right in expected.items() if not name.endswith(OF_FIELD)}
    if is_full(row) or len(plain) == len(expected):
        return row
    again = attempt(runtime, exported_again(model, work, opset=runtime.opset, plain=True), work, plain)
    return {**again, "full_file": row["failure"] or "field differs"} if is_full(again) else row


def attempt(runtime: Runtime, model: Path, work: Path, expected: dict[str, NDArray[np.float32]]) -> dict[str, Any]:
    """Install a runtime, ask it, and compare its answers. Any error is recorded as the row's failure.

    In the row, ``full_file`` is None; :func:`measure` sets it to the reason if the runtime only takes fewer outputs.
    """
    folder = work / runtime.name
    row = {
        **dataclasses.asdict(runtime),
        "setup": setup_of(runtime),
        "file": sha256(model),
        "measured": time.strftime("%Y-%m-%d"),
        "version": None,
        "failure": None,
        "full_file": None,
    }
    begin = time.monotonic()
    try:
        command = install(runtime, folder)
        begin = time.monotonic()
        row["version"], found, errors = ask(command, model, folder, work / "questions", longest=runtime.longest)
    except subprocess.SubprocessError as error:
        return {**row, "failure": shortened(str(error)), "seconds": round(time.monotonic() - begin)}
    row |= compare(expected, found)
    if row["max_difference"] is None:
        row["failure"] = "answers of a wrong shape, or not finite"
    if errors:
        name, message = next(iter(errors.items()))
        row["failure"] = shortened(f"{len(errors)} of {row['questions']} questions, first {name}: {message}")
    return {**row, "seconds": round(time.monotonic() - begin)}


def sha256(path: Path) -> str:
    """The SHA-256 of a file in hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def shortened(message: str) -> str:
    """Shorten a message to one line of at most 300 characters."""
    return " ".join(message.split())[:300]


if __name__ == "__main__":
    main()
