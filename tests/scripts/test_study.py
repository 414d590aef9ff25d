"""The study: what its matrix says, that it goes on where it stopped, and what its table tells."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner

from capsonnx import datasets, exam
from capsonnx.errors import InputError, ParityError

SCRIPTS = Path(__file__).parents[2] / "scripts" / "study"


@pytest.fixture(scope="module", autouse=True)
def scripts_in_path():
    """The scripts import each other as they do when run by name."""
    sys.path.insert(0, str(SCRIPTS))
    yield
    sys.path.remove(str(SCRIPTS))


@pytest.fixture(scope="module")
def study(scripts_in_path):
    import study

    return study


def rows(variant: str, seed: int, **shares: float) -> list[dict[str, str]]:
    """One run's lines of the results, with one share for all measures of an exam."""
    facts = {"variant": variant, "seed": str(seed), "epochs": "2", "parameters": "1234", "machine": "a machine"}
    measures = ("top", "confident", "exact")
    return [{**facts, "name": name, **dict.fromkeys(measures, str(share))} for name, share in shares.items()]


@pytest.mark.parametrize(
    "name", ["study.toml", "tried.toml", "variants.toml", "retrained.toml", "seeds.toml", "hands.toml"]
)
def test_the_matrices_are_sound(study, name) -> None:
    variants = study.load_matrix(SCRIPTS / name)
    assert len({variant.name for variant in variants}) == len(variants)
    digits = datasets.load("mnist", "test").take(np.arange(100))
    for variant in variants:
        config = variant.config(digits, torch.device("cpu"), 1)
        assert (config.seed, config.epochs, config.network.kind) == (1, variant.epochs, variant.network)
        assert (config.recipe.stem_bias, config.recipe.widths) == (config.network.stem_bias, config.network.widths)
        assert set(variant.exams) <= set(exam.EXAMS)
    import study_report

    figures = [tuple(one) for column in study_report.Layout.load(SCRIPTS / name).columns.values() for one in column]
    assert {exam for exam, _ in figures} <= {exam for variant in variants for exam in variant.exams}


def test_a_matrix_can_be_run_again_on_another_data_set(study, tmp_path) -> None:
    matrix = tmp_path / "matrix.toml"
    matrix.write_text(
        "[defaults]\nseeds = 2\nexams = []\n[again.fashion-mnist]\nlimit = 10\n"
        '[[variants]]\nname = "a"\ntitle = "A"\nrouting = "su"\n'
    )
    first, second = study.load_matrix(matrix)
    assert (first.name, first.data, first.limit) == ("a", "mnist", None)
    assert (second.name, second.data, second.limit) == ("fashion-mnist-a", "fashion-mnist", 10)
    assert (second.seeds, second.title, second.routing) == (2, "A", "su")


def test_changes_reach_the_recipe_and_the_network(study) -> None:
    digits = datasets.load("mnist", "test").take(np.arange(100))
    variant = study.Variant("x", "x", 1, [], routings=1, changes={"stem_bias": "free", "widths": [8, 8, 16, 16]})
    config = variant.config(digits, torch.device("cpu"), 0)
    assert config.network.routings == 1
    assert config.recipe.stem_bias == config.network.stem_bias == "free"
    assert config.recipe.widths == config.network.widths == (8, 8, 16, 16)


def test_what_has_been_examined_is_not_run_again(study, tmp_path, monkeypatch) -> None:
    ran = []

    def run(variant, seed, device, provider, *, held_out):
        ran.append((variant.name, seed))
        return rows(variant.name, seed, singles=0.5)

    monkeypatch.setattr(study, "run", run)
    matrix, results = tmp_path / "matrix.toml", tmp_path / "study" / "results.csv"
    matrix.write_text(
        '[defaults]\nexams = ["singles"]\n[[variants]]\nname = "a"\ntitle = "A"\nseeds = 2\n'
        '[[variants]]\nname = "b"\ntitle = "B"\nseeds = 1\n'
    )
    command = ["--matrix", str(matrix), "--results", str(results)]
    for more in (["--only", "b"], ["--seeds", "1"], []):
        result = CliRunner().invoke(study.main, [*command, *more], catch_exceptions=False)
        assert result.exit_code == 0
    assert ran == [("b", 0), ("a", 0), ("a", 1)]
    assert [(row["variant"], row["seed"]) for row in study.load_results(results)] == [
        ("b", "0"),
        ("a", "0"),
        ("a", "1"),
    ]


def test_a_run_whose_file_the_gate_refuses_is_not_counted_and_the_others_are(study, tmp_path, monkeypatch) -> None:
    def run(variant, seed, device, provider, *, held_out):
        if seed == 0:
            raise ParityError("lengths by 1.1e-05", expected="1e-05", remedy="train on")
        return rows(variant.name, seed, singles=0.5)

    monkeypatch.setattr(study, "run", run)
    matrix, results = tmp_path / "matrix.toml", tmp_path / "results.csv"
    matrix.write_text('[defaults]\nexams = []\n[[variants]]\nname = "a"\ntitle = "A"\nseeds = 2\n')
    result = CliRunner().invoke(study.main, ["--matrix", str(matrix), "--results", str(results)])
    assert result.exit_code == 0
    assert "not counted: lengths by 1.1e-05" in result.stderr
    assert [row["seed"] for row in study.load_results(results)] == ["1"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--only", "seed-capsule", "--only", "soup"], "--only soup; expected one of seed-capsule"),
        (["--seeds", "0"], "0 is not in the range"),
        (["--matrix", str(SCRIPTS.parents[1] / "README.md")], "README.md: no matrix"),
        pytest.param(
            ["--device", "cuda"],
            "device 'cuda'",
            marks=pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU"),
        ),
    ],
)
def test_what_cannot_be_run_is_told(study, tmp_path, arguments, message) -> None:
    result = CliRunner().invoke(study.main, ["--results", str(tmp_path / "none.csv"), *arguments])
    assert result.exit_code != 0
    assert message in result.output
    assert "Traceback" not in result.output


def test_each_matrix_has_results_of_its_own(study) -> None:
    names = [study.results_of(SCRIPTS / f"{name}.toml").name for name in ("study", "seeds", "variants")]
    assert names == ["study.csv", "seeds.csv", "variants.csv"]
    assert study.results_of(SCRIPTS / "seeds.toml", held_out=True).name == "seeds-held-out.csv"


def test_older_results_lack_what_was_measured_later(study, tmp_path) -> None:
    import study_report

    older, newer = rows("a", 0, singles=0.5), [{**row, "read": "0.75"} for row in rows("a", 1, singles=0.5)]
    study.save_results(tmp_path / "results.csv", [*older, *newer])
    found = study.load_results(tmp_path / "results.csv")
    assert [row["read"] for row in found] == ["", "0.75"]
    assert study_report.spread(found, "singles", "read").values == [75.0]
    assert study_report.spread(older, "singles", "read").values == []


def test_the_table_tells_means_and_deviations(study) -> None:
    import study_report

    variants = [study.Variant(name, name.upper(), 2, []) for name in ("a", "b", "c")]
    found = [*rows("a", 0, singles=0.99), *rows("a", 1, singles=0.98), *rows("b", 0, singles=0.5)]
    layout = study_report.Layout({"singles": [["singles", "top"]], "rows": [["row-5", "top"]]}, {"as": "epochs"})
    text = study_report.table(variants, found, layout)
    assert "| variant | seeds | epochs | parameters | as | singles | rows |" in text
    assert "| A | 2 | 2 | 1,234 | 2 | 98.50 ± 0.71 | – |" in text
    assert "| B | 1 | 2 | 1,234 | 2 | 50.00 | – |" in text
    assert "| C" not in text


def test_the_figure_has_a_bar_for_every_variant_with_results(study) -> None:
    import study_report

    variants = [study.Variant(name, name.upper(), 1, []) for name in ("a", "b")]
    published = {"an article": (90.0, 80.0)}
    figure = study_report.draw(variants, rows("a", 0, **{"pairs-vertical": 0.9}), published)
    labels = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert labels == ["an article", "A"]


def test_a_table_is_put_in_its_place_and_the_rest_stays(study, tmp_path) -> None:
    import study_report

    page = tmp_path / "README.md"
    page.write_text("above\n<!-- a -->\nold\n<!-- end -->\nbetween\n<!-- b -->\n<!-- end -->\nbelow\n")
    study_report.put("| new |\n", "a", page)
    study_report.put("| new |\n", "a", page)
    assert page.read_text().startswith("above\n<!-- a -->\n\n| new |\n\n<!-- end -->\nbetween\n<!-- b -->\n")
    with pytest.raises(InputError, match="no place for c"):
        study_report.put("| new |\n", "c", page)


@pytest.mark.parametrize(
    "name", ["study-mnist", "seeds-mnist", "seeds-fashion-mnist", "variants-mnist", "variants-fashion-mnist"]
)
def test_the_report_has_a_place_for_every_table(study, name) -> None:
    import study_report

    assert f"<!-- {name} -->\n" in study_report.REPORT.read_text(encoding="utf-8")
