"""Export the network inside an exported file again with this version of capsonnx, keeping the weights.

Run: .venv/bin/python scripts/publish/export_again.py old.onnx exported/mnist.onnx
     .venv/bin/python scripts/publish/export_again.py exported/mnist.onnx exported/mnist.int8.onnx --int8 runs/default
The metadata of the old file is kept, except for what this version adds. The gate is the same as for every export.
"""

from __future__ import annotations

from pathlib import Path

import click
from card import agreement_text

from capsonnx import export, runtime, training


@click.command()
@click.argument("source", type=click.Path(exists=True, path_type=Path))
@click.argument("target", type=click.Path(path_type=Path))
@click.option(
    "--int8", "run", type=click.Path(exists=True, path_type=Path), help="Make int8, by what this run held out."
)
def main(source: Path, target: Path, run: Path | None) -> None:
    """Export SOURCE, of float32, again as TARGET, with its report; or make an int8 file of it."""
    contract, network = runtime.load_model(source, provider="cpu").contract, export.load_network(source)
    calibration = None if run is None else export.calibration_of(training.load_trained(run).config)
    precision: export.Precision = "fp32" if run is None else "int8"
    inspection = export.export(network, contract, target, precision=precision, calibration=calibration)
    click.echo(f"{target}: {inspection.sha256}")
    if inspection.agreement is not None:
        click.echo(agreement_text([inspection]))
    elif inspection.parity is not None:
        click.echo(", ".join(f"{name} {value:.1e}" for name, value in inspection.parity.differences.items()))


if __name__ == "__main__":
    main()
