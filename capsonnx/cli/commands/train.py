"""``capsonnx train``: train a network on single symbols."""

from __future__ import annotations

import shlex
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from capsonnx.cli import INTERRUPTED
from capsonnx.cli.extras import require_train
from capsonnx.cli.options import data_dir_option
from capsonnx.cli.values import RECIPES, complete_data
from capsonnx.errors import InputError
from capsonnx.wording import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from capsonnx.model import Network
    from capsonnx.training import TrainingConfig

__all__ = ["command"]

CAPSULES = ("routing", "routings", "squash", "sharing", "coupling_axis")
"""The options that choose the capsule layer."""


@click.command("train", short_help="Train a network on single symbols.")
@click.option(
    "--data",
    metavar="NAME|FOLDER",
    shell_complete=complete_data,
    help="mnist, fashion-mnist, or a folder with one sub-folder per class.  [default: mnist]",
)
@data_dir_option
@click.option(
    "--recipe",
    type=click.Choice(RECIPES),
    help="How to train; seed is the source's own, refine is for --start.  [default: default]",
)
@click.option(
    "--network",
    type=click.Choice(["capsule", "pooled", "summed"]),
    help="The network; pooled and summed are CNNs to compare with.  [default: capsule]",
)
@click.option(
    "--routing",
    type=click.Choice(["su-normalised", "su", "hinton", "em", "uniform"]),
    help="The routing algorithm of the capsules.  [default: su-normalised]",
)
@click.option(
    "--routings",
    type=click.IntRange(min=1),
    help="Routing iterations when reading; a recipe may train with fewer.  [default: 3]",
)
@click.option(
    "--squash",
    type=click.Choice(["half", "hinton", "tanh", "exponential", "ratio", "learnable", "last"]),
    help="The squash function; last is half, applied only after the last iteration.  [default: half]",
)
@click.option(
    "--sharing",
    type=click.Choice(["shared", "full"]),
    help="full: separate matrices for each place, so only one image size.  [default: shared]",
)
@click.option(
    "--coupling-axis",
    type=click.Choice(["output", "input"]),
    help="The capsules over which coupling coefficients sum to one.  [default: output]",
)
@click.option("--epochs", type=click.IntRange(min=1), help="Number of epochs.  [default: the recipe's]")
@click.option("--seed", type=click.IntRange(min=0), help="Seed of all random choices.  [default: 0]")
@click.option(
    "--precision", type=click.Choice(["auto", "fp32", "bf16"]), help="Precision of the stem.  [default: auto]"
)
@click.option(
    "--held-out",
    type=click.IntRange(min=1),
    help="Number of training images held out to measure accuracy.  [default: a tenth, at most 5000]",
)
@click.option("--limit", type=click.IntRange(min=1), help="Maximum number of training images.  [default: all]")
@click.option(
    "--decoder", is_flag=True, default=None, help="Also train a decoder, which draws poses; see capsonnx perturb."
)
@click.option(
    "--decoder-weight",
    type=click.FloatRange(min=0),
    help="Weight of its squared error in the loss; implies --decoder.  [default: 0.0005, as in Sabour et al.]",
)
@click.option("--device", type=click.Choice(["auto", "cpu", "cuda"]), default="auto")
@click.option(
    "--start",
    metavar="FILE|FOLDER",
    type=click.Path(path_type=Path),
    help="Start from the weights of an .onnx file or a run.",
)
@click.option("--output", "-o", type=click.Path(path_type=Path), help="Folder for the run.  [default: in runs/]")
@click.option("--resume", is_flag=True, help="Continue the run in --output after its last finished epoch.")
def command(
    output: Path | None, data_dir: Path | None, device: Any, resume: bool, start: Path | None, **choices: Any
) -> None:
    """Train a network on single symbols, and save it in a folder.

    The folder, by default runs/DATA-RECIPE-NETWORK-SEED, holds config.json, checkpoint.safetensors (replaced after
    every epoch), metrics.jsonl and curves.png. A run stopped at any moment continues with --resume; options left out
    then keep their recorded values. Accuracy is measured on images held out of the training split; the test split is
    not used. In a folder with a sub-folder per class, the test split is about one image in six, chosen by a hash of its
    file name; if the folder has train/ and test/, each with these sub-folders, those are the splits.

    --routing, --squash, --sharing and --coupling-axis choose among the capsule layers that the article and its comments
    name, to compare them; the defaults work best.

    The recipe 'gentle' deforms images half as much and takes 36 epochs. It is for pictures of things, which are not
    handwritten.

    With --start, training continues from trained weights, by the recipe 'refine' unless another is named. From a
    network with another number of classes, it takes the weights of the stem, which are most of them.

    \b
    Examples:
      capsonnx train
      capsonnx train -o runs/mnist
      capsonnx train --resume -o runs/mnist
      capsonnx train --recipe seed --network pooled --seed 1 -o runs/baseline
      capsonnx train --data fashion-mnist --recipe gentle -o runs/clothes
      capsonnx train --routing hinton --squash hinton -o runs/hinton
      capsonnx train --data letters/ --epochs 50 -o runs/letters
      capsonnx train --start mnist.onnx -o runs/refined
      capsonnx train --start mnist.onnx --data letters/ -o runs/letters
    """
    require_train("capsonnx train")
    from capsonnx import datasets, training

    target = training.choose_device(device)
    given = {name: value for name, value in choices.items() if value is not None}
    if start is not None and not resume:
        given.setdefault("recipe", "refine")
    _check_choices(given, starts=resume or start is not None)
    output = output or _default_output(given)
    training.require_run(output, resume=resume)
    network = stem = None
    if resume:
        recorded = training.load_config(output)
        given = {**_choices(recorded), **given}
        stem = recorded.network if recorded.start else None
    if start is not None:
        network, given["start"] = _weights(start)
        stem = network.config
    data = given.pop("data", "mnist")
    if resume and choices["data"] is None and data not in datasets.CATALOGUE and not Path(data).is_dir():
        raise InputError(
            f"{output}: trained on {data}, which is gone",
            expected="the folder of its images",
            remedy="put it back, or say where it is now: --data FOLDER",
        )
    dataset = datasets.load(data, "train", data_dir=data_dir, progress=True)
    config = training.make_config(data, dataset, target, **given)
    if stem is not None:
        config = training.fitted(config, stem)
    with _telling_how_to_go_on(output):
        last = training.train(config, dataset, output, device=target, resume=resume, start=network)[-1]
    click.echo(f"{output}: {counted(last.epoch, 'epoch')}, held-out accuracy {100 * last.held_out_accuracy:.2f} %")
    drawing = " --decoder" if config.decoder else ""
    export = shlex.join(["capsonnx", "export", str(output), "-o", f"{output.name}.onnx"])
    click.echo(f"next: {export}{drawing}", err=True)


def _check_choices(given: Mapping[str, Any], *, starts: bool) -> None:
    """Refuse choices that make no sense together with others."""
    if given.get("recipe") == "refine" and not starts:
        raise InputError(
            "recipe refine without weights to refine",
            expected="--start",
            remedy="pass the weights with --start FILE, or choose another --recipe",
        )
    if given.get("routing") == "uniform" and given.get("routings", 1) != 1:
        raise InputError(
            f"{given['routings']} iterations of routing 'uniform', whose couplings stay as they are",
            expected="one iteration",
            remedy="leave --routings out, or choose another --routing",
        )


def _weights(path: Path) -> tuple[Network, str]:
    """Load the network of a run's folder or an exported file, with the SHA-256 of the file that holds its weights."""
    from capsonnx import export, training

    if path.is_dir():
        return training.load_trained(path).network, sha256((path / "checkpoint.safetensors").read_bytes()).hexdigest()
    if not path.exists():
        raise InputError(
            f"--start {path}: no such file or folder",
            expected="an .onnx file, or the folder of a training",
            remedy="check the spelling",
        )
    return export.load_network(path), sha256(path.read_bytes()).hexdigest()


@contextmanager
def _telling_how_to_go_on(output: Path) -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        if (output / "config.json").exists():
            again = shlex.join(["capsonnx", "train", "--resume", "-o", str(output)])
            click.echo(f"\nstopped; go on with: {again}", err=True)
            raise click.exceptions.Exit(INTERRUPTED) from None
        raise


def _default_output(given: dict[str, Any]) -> Path:
    """Name a folder so that it tells runs apart by the options that are most often chosen."""
    choices = {"data": "mnist", "recipe": "default", "network": "capsule", "seed": 0, **given}
    data = Path(choices["data"]).resolve().name
    return Path("runs", f"{data}-{choices['recipe']}-{choices['network']}-{choices['seed']}")


def _choices(config: TrainingConfig) -> dict[str, Any]:
    """Return the options that reproduce a config."""
    return {
        "data": config.dataset,
        "recipe": config.recipe.name,
        "network": config.network.kind,
        **{name: getattr(config.network, name) for name in CAPSULES},
        "epochs": config.epochs,
        "seed": config.seed,
        "precision": config.precision,
        "held_out": config.held_out,
        "limit": config.limit,
        "start": config.start,
        "decoder": config.decoder is not None,
        "decoder_weight": None if config.decoder is None else config.decoder.weight,
    }
