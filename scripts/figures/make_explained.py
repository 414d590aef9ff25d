"""Draw exported/explained.png: a page of scattered test digits, and why the shipped model reads it the way it does.

Run: .venv/bin/python scripts/figures/make_explained.py
"""

from __future__ import annotations

from pathlib import Path

import click

from capsonnx import datasets, exam, pictures, runtime

TARGET = Path(__file__).parents[2] / "exported" / "explained.png"


@click.command()
@click.option("-o", "--output", type=click.Path(path_type=Path), default=TARGET)
@click.option("-m", "--model", type=click.Path(path_type=Path), help="[default: shipped]")
@click.option("--page", default=4, help="Which page of the exam scattered-160.")
def main(output: Path, model: Path | None, page: int) -> None:
    """Draw and save."""
    (pages,) = exam.build_page_exams(datasets.load("mnist", "test"), ["scattered-160"], seed=0)
    reading = pictures.explain(runtime.load_model(model, provider="cpu"), pages.images[page], output)
    print(f"{output}: {reading.text}")


if __name__ == "__main__":
    main()
