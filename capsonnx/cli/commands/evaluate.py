"""``capsonnx evaluate``: measure a model on exams, and print tables or JSON."""

from __future__ import annotations

import json
from pathlib import Path

import click

from capsonnx.cli.options import data_dir_option, json_option, provider_option, tell_where_tf32_is_not, tf32_option
from capsonnx.cli.values import complete_data, complete_exam, names_of
from capsonnx.errors import InputError

__all__ = ["command"]


@click.command("evaluate", short_help="Measure a model on exams of one and several symbols.")
@click.argument("model", required=False, type=click.Path(path_type=Path))
@click.option(
    "--data",
    metavar="NAME|FOLDER",
    shell_complete=complete_data,
    help="mnist, fashion-mnist, or a folder with one sub-folder per class.  [default: the model's data set, or mnist]",
)
@data_dir_option
@provider_option()
@tf32_option
@click.option("--batch-size", type=click.IntRange(min=1), default=64, help="Images per batch.")
@click.option(
    "--exam",
    "names",
    metavar="NAMES",
    multiple=True,
    shell_complete=complete_exam,
    callback=names_of,
    help="Exams, or families such as 'strings', separated by commas.  [default: all]",
)
@click.option("--seed", type=click.IntRange(min=0), default=0, help="Seed of the random choices in exams.")
@click.option(
    "--threshold",
    type=click.FloatRange(0, 1),
    help="Score above which a class is in 'set above'.  [default: the model's own]",
)
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    help="Maximum number of test images: the first, or of a folder some of each class.  [default: all]",
)
@json_option
def command(
    *,
    model: Path | None,
    data: str | None,
    data_dir: Path | None,
    provider: str,
    tf32: bool,
    batch_size: int,
    names: tuple[str, ...],
    seed: int,
    threshold: float | None,
    limit: int | None,
    as_json: bool,
) -> None:
    """Measure a model on exams: images composed of test symbols, drawn by a seed.

    MODEL is an .onnx file made by 'capsonnx export'; the default is the shipped digit model. The same seed gives the
    same exams on every machine. Exams that need more classes than the data has are left out. Only the test split is
    used. Of a folder with a sub-folder per class, that is about one image in six, chosen by a hash of its file name, or
    all of its sub-folder test/, if it has one.

    \b
    Exams:
      singles                   every test symbol as it is
      pairs-vertical            two different symbols, one above the other
      pairs-horizontal          two different symbols, side by side
      touching-4, touching-8    pairs-vertical, so many pixels closer
      equal-vertical            two symbols of one class, one above the other
      equal-horizontal          two symbols of one class, side by side
      padded-14, padded-42      one symbol, so many pixels of black on every side
      padded-242                the same, 200 symbols only: 512×512 px
      row-2 to row-5            so many different symbols side by side
      scattered-84-2, -3, -4    so many different symbols anywhere, 84×84 px
      scattered-160-2, -3, -4   the same, 160×160 px
      empty-black               black images
      empty-uniform, -gaussian  noise
      empty-salt                white pixels on black

    For an image of k different symbols, the table says how often the k highest scores are the right ones; how often all
    of them are also above 0.5, as in the article that this follows; how often exactly the right classes are found
    without knowing k; and the mean score of the right ones. Classes are found in two ways: 'set read' holds those of
    the symbols read in the image, as 'capsonnx infer' names them; 'set above' holds those whose score is above the
    model's own threshold, or --threshold. For empty images, the table says only how often these sets are empty. Two
    equal symbols are one class, k = 1: a set cannot count, but the score may differ from that in singles.

    All exams together take a quarter of an hour on two cores. Exams with large images have fewer: 2,000 in
    scattered-84, 1,000 in scattered-160 and in empty, 200 in padded-242.

    \b
    Exams of pages, for models that locate symbols:
      strings-1 to -10        so many symbols side by side
      spacing--4 to -20       five symbols, so many pixels between their ink
      vertical-5, lines-3     symbols below each other, uneven lines
      scattered-160, -512     symbols anywhere on a page of that side
      scaled-0.7 to -1.5      strings-5, scaled
      degraded-5              strings-5, as a scanner gives them
      ruled-5                 these on ruled paper, in boxes, underlined, clean
      ruled-degraded-5        the same, as a scanner gives them
      shadowed-5              strings-5 as a scan on which a shadow lies
      photo-5                 strings-5 on a sheet on a table, photographed
      blank, clutter          pages without a symbol

    For a folder there is also 'files': its test images as they are, read as 'capsonnx infer' reads them. Those read as
    something else are listed.

    Pages are read as 'capsonnx infer' reads them, without knowing how many symbols they have, or where. A second table
    says how often the text is exactly right; how many characters are wrong; how many of the symbols found are right,
    and how many of those present were found, to within 7 pixels (14 on photos); and how many false symbols there are
    per million pixels.

    \b
    Examples:
      capsonnx evaluate                                 the shipped model
      capsonnx evaluate --exam pairs-vertical           one exam
      capsonnx evaluate --exam strings,spacing          two families
      capsonnx evaluate --exam singles --limit 500      a quick look
      capsonnx evaluate --exam strings-5 --json         for machines
      capsonnx evaluate letters.onnx --data letters/    one's own model and images
    """
    from capsonnx import runtime
    from capsonnx.cli.tables import print_evaluation
    from capsonnx.evaluation import evaluate

    if model is not None:
        _refuse_exam(model)
    network = runtime.load_model(model, provider=provider, cuda=runtime.Cuda(tf32=tf32))
    tell_where_tf32_is_not(network.provider, tf32=tf32)
    found = evaluate(
        network,
        data,
        names,
        data_dir=data_dir,
        limit=limit,
        seed=seed,
        threshold=threshold,
        batch_size=batch_size,
    )
    if as_json:
        click.echo(json.dumps(found.to_json(), indent=2))
    else:
        print_evaluation(found, threshold=f"{found.threshold:g}" + ", the model's own" * (threshold is None))


def _refuse_exam(model: Path) -> None:
    """Refuse a path of a model that is really the name of an exam, as in ``--exam singles strings``."""
    from capsonnx.evaluation import exam_names

    if str(model) in exam_names() and not model.exists():
        raise InputError(
            f"{model}: an exam, where a model is expected",
            expected="an .onnx file; several exams with commas",
            remedy=f"say --exam NAME,{model}",
        )
