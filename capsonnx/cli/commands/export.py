"""``capsonnx export``: export a checkpoint to one ONNX file."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from capsonnx.cli.extras import require_train
from capsonnx.cli.options import data_dir_option
from capsonnx.cli.values import names_of, size_or_dynamic
from capsonnx.errors import InputError

if TYPE_CHECKING:
    from capsonnx.export import Inspection

__all__ = ["command"]


@click.command("export", short_help="Export a checkpoint to one ONNX file.")
@click.argument("checkpoint", type=click.Path(path_type=Path))
@click.option("--output", "-o", type=click.Path(path_type=Path), required=True, help="The .onnx file to write.")
@click.option("--opset", type=int, default=18, help="ONNX operator set, 13 to 23.")
@click.option("--routings", type=click.IntRange(min=1), help="Routing iterations.  [default: as trained]")
@click.option(
    "--input", "input_type", type=click.Choice(["uint8", "float32"]), default="uint8", help="Data type of the input."
)
@click.option(
    "--outputs",
    metavar="NAMES",
    multiple=True,
    callback=names_of,
    help="Which of lengths,poses,evidence,field.  [default: all]",
)
@click.option(
    "--size", metavar="HxW|dynamic", callback=size_or_dynamic, help="Image size.  [default: dynamic if possible]"
)
@click.option("--precision", type=click.Choice(["fp32", "fp16", "int8"]), default="fp32", help="Precision of the stem.")
@click.option("--decoder", is_flag=True, help="Also write the decoder, as NAME.decoder.onnx.")
@data_dir_option
def command(
    checkpoint: Path,
    output: Path,
    opset: int,
    routings: int | None,
    input_type: Any,
    outputs: tuple[str, ...],
    size: Any,
    precision: Any,
    decoder: bool,
    data_dir: Path | None,
) -> None:
    """Export a checkpoint to one ONNX file, which is written only if it passes all checks.

    CHECKPOINT is a folder that 'capsonnx train' wrote. The file accepts any batch, height and width. It is compared
    with the torch network over a grid of sizes and batches, and a JSON report is written beside it. If anything fails,
    nothing is written and the exit code is 1.

    --size 28x28 makes a file for images of that height and width only, for runtimes that need to know them; the batch
    stays dynamic. A network trained with --sharing full can only have the size that it was trained with.

    With --precision int8 (for CPUs) or fp16 (for GPUs) the stem, which does nearly all of the work, has fewer bits. The
    float32 file is made and compared first. Then the smaller one must read the test split as well as the network does,
    and agree with it. So the run's data must be available; int8 is calibrated with images that were held out of the
    training.

    With --decoder, for a run that was trained with one, mnist.onnx gets mnist.decoder.onnx beside it, which draws the
    poses of only that mnist.onnx: see capsonnx perturb.

    \b
    Examples:
      capsonnx export runs/mnist -o mnist.onnx
      capsonnx export runs/mnist -o quick.onnx --routings 1
      capsonnx export runs/mnist -o lean.onnx --outputs lengths
      capsonnx export runs/mnist -o small.onnx --precision int8
      capsonnx export runs/mnist -o fixed.onnx --size 28x56
    """
    require_train("capsonnx export")
    from capsonnx import export, runtime, training

    if output.suffix != ".onnx":
        raise InputError(f"{output}: not the name of an ONNX file", expected="NAME.onnx", remedy="name it so")
    trained = training.load_trained(checkpoint)
    if len(trained.metrics) < trained.config.epochs or trained.metrics[-1].threshold is None:
        click.echo(
            f"{checkpoint}: an unfinished training, after {len(trained.metrics)} of {trained.config.epochs} epochs; "
            f"its threshold is {trained.threshold}, since one is chosen at the end; to finish it: "
            f"{shlex.join(['capsonnx', 'train', '--resume', '-o', str(checkpoint)])}",
            err=True,
        )
    if routings is not None:
        trained = export.with_routings(trained, routings)
    contract = export.contract_of(trained)
    names = outputs or None
    drawing = export.require_decoder(trained, names) if decoder else None
    calibration = None if precision == "fp32" else export.calibration_of(trained.config, data_dir=data_dir)
    inspection = export.export(
        trained.network,
        contract,
        output,
        opset=opset,
        input_type=input_type,
        outputs=names,
        precision=precision,
        calibration=calibration,
        size=size,
    )
    _print(inspection)
    if trained.network.config.size is not None:
        click.echo("its size is fixed: by --sharing full every place of the image has matrices of its own", err=True)
    if drawing is not None:
        path = runtime.decoder_path(output)
        made_for = export.decoder_contract_of(drawing, contract.labels, inspection.sha256)
        _print(export.export_decoder(drawing, made_for, path, opset=opset))


def _print(inspection: Inspection) -> None:
    from capsonnx import export
    from capsonnx.cli.inspection import print_inspection

    print_inspection(inspection)
    size = inspection.path.stat().st_size / 1e6
    click.echo(f"{inspection.path}: {size:.1f} MB, report in {export.report_path(inspection.path)}")
