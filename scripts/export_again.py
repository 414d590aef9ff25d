"""Export the network inside an exported file again, as this version of capsonnx exports it: the same weights.

Run: .venv/bin/python scripts/export_again.py old.onnx exported/mnist.onnx
The metadata stays that of the old file, but for what this version adds. The gate is that of every export.
"""

from __future__ import annotations

from pathlib import Path

import click

from capsonnx import export, runtime


@click.command()
@click.argument("source", type=click.Path(exists=True, path_type=Path))
@click.argument("target", type=click.Path(path_type=Path))
def main(source: Path, target: Path) -> None:
    """Export SOURCE again as TARGET, with its report."""
    contract = runtime.load_model(source, provider="cpu").contract
    inspection = export.export(export.load_network(source), contract, target)
    click.echo(f"{target}: {inspection.sha256}")
    click.echo(", ".join(f"{name} {value:.1e}" for name, value in inspection.parity.differences.items()))


if __name__ == "__main__":
    main()
