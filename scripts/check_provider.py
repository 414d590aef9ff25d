"""Compare an execution provider with the CPU on the shipped model, and time the two-digit test on it.

Run: scripts/gpu_check, or .venv/bin/python scripts/check_provider.py --provider NAME
Prints a Markdown table; exit code 1 if the provider does not compute what the CPU does.
"""

from __future__ import annotations

import click
import numpy as np
import onnxruntime

from capsonnx import datasets, exam
from capsonnx.errors import CapsonnxError
from capsonnx.export.parity import GRID, measure_parity
from capsonnx.runtime import load_model

TOLERANCE = 1e-4
"""In float32 without TF32; a GPU sums in another order than a CPU."""


@click.command()
@click.option("--provider", default="cuda", show_default=True)
@click.option("--batch-size", default=1024, show_default=True)
@click.option("--limit", default=10_000, show_default=True, help="Test digits to make pairs of.")
@click.option("--sizes", default=len(GRID), show_default=True, help="How many cases of the parity grid to run.")
def main(provider: str, batch_size: int, limit: int, sizes: int) -> None:
    """Check one provider."""
    try:
        model = load_model(provider=provider)
        parity = measure_parity(load_model(provider="cpu"), model, tolerance=TOLERANCE, grid=GRID[:sizes])
        digits = datasets.load("mnist", "test").take(np.arange(limit))
        results = [
            exam.sit(model, built, batch_size=batch_size)
            for built in exam.build_exams(digits, ["pairs-vertical", "pairs-horizontal"])
        ]
    except CapsonnxError as error:
        raise click.ClickException(str(error)) from None
    print(f"{model.provider}, ONNX Runtime {onnxruntime.__version__}, batch {batch_size}, float32\n")
    print("| exam | images | top k | confident | milliseconds | images/s |")
    print("|---|---:|---:|---:|---:|---:|")
    for one in results:
        shares = f"{100 * one.top:.2f} | {100 * one.confident:.2f}"
        print(f"| {one.name} | {one.images} | {shares} | {1000 * one.seconds:.0f} | {one.images_per_second:.0f} |")
    differences = ", ".join(f"{name} {value:.1e}" for name, value in parity.differences.items())
    print(f"\nparity with the CPU over {len(parity.cases)} cases: max |Δ| {differences}, at most {TOLERANCE:.0e}")
    if not parity.passed:
        raise click.ClickException("parity failed; expected the CPU's answers; do not use this provider")


if __name__ == "__main__":
    main()
