from __future__ import annotations

import csv
import io
import json
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from rich.cells import cell_len

from capsonnx.cli.rows import formatter
from capsonnx.runtime import Found, Reading, Row
from capsonnx.symbols import Box, Symbol

from .conftest import sends_ctrl_c

ROOT = Path(__file__).parents[3]


def capsonnx(*arguments, cwd, **options):
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "error", "COLUMNS": "80"}
    command = [sys.executable, "-m", "capsonnx", *map(str, arguments)]
    options = {"capture_output": True, "encoding": "utf-8", "errors": "surrogateescape"} | options
    return subprocess.run(command, cwd=cwd, env=environment, timeout=60, check=False, **options)


@pytest.fixture
def images(tmp_path):
    rng = np.random.default_rng(0)
    for number in (1, 2, 10):
        image = np.zeros((20 + number, 24), np.uint8)
        image[4:16, 4:16] = rng.integers(0, 256, (12, 12))
        Image.fromarray(image).save(tmp_path / f"{number}.png")
    (tmp_path / "empty").mkdir()
    return tmp_path


@pytest.fixture
def infer(tiny_model, images):
    def run(*arguments, **options):
        return capsonnx("infer", "-m", tiny_model, "--provider", "cpu", *arguments, cwd=images, **options)

    return run


def test_a_folder_as_a_table(infer):
    result = infer(".")
    assert result.returncode == 0
    heading, *lines = result.stdout.splitlines()
    assert heading.split() == ["PATH", "WIDTH", "HEIGHT", "TEXT", "LABELS", "AND", "SCORES"]
    assert [line.split()[:4] for line in lines] == [
        ["1.png", "24", "21", "-"],
        ["2.png", "24", "22", "-"],
        ["10.png", "24", "30", "-"],
    ]
    assert "\x1b" not in result.stdout
    assert result.stderr.startswith("3 images, 0 failed, ")
    assert result.stderr.count("\n") == 1
    assert "CPUExecutionProvider" in result.stderr


def test_the_columns_of_the_first_batch_line_up_in_a_pipe(infer, images):
    folder = images / ("scans-of-one-year-" * 3)
    folder.mkdir()
    for name in ("1.png", "2.png"):
        (images / name).rename(folder / name)
    (folder / "100.png").write_text("no image")
    heading, *lines = infer(folder.name, "10.png").stdout.splitlines()
    end = heading.index("WIDTH") + len("WIDTH")
    assert [line[: end - 1].split() for line in lines] == [
        [f"{folder.name}/1.png", "2"],
        [f"{folder.name}/2.png", "2"],
        [f"{folder.name}/100.png"],
        ["10.png", "2"],
    ]
    assert [line[end - 1] for line in lines] == ["4", "4", "-", "4"]


def test_a_bad_image_is_a_row_and_exit_code_3(infer, images):
    (images / "3.png").write_text("no image")
    result = infer("--format", "jsonl", ".")
    assert result.returncode == 3
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    assert [row["path"] for row in rows] == ["1.png", "2.png", "3.png", "10.png"]
    assert [row["error"] is None for row in rows] == [True, True, False, True]
    assert list(rows[0]) == ["path", "width", "height", "text", "symbols", "labels", "scores", "error"]
    assert len(rows[0]["scores"]) == 10
    assert "1 failed" in result.stderr


def test_csv_and_json_say_the_same(infer):
    table = list(csv.DictReader(io.StringIO(infer("-f", "csv", ".").stdout)))
    rows = json.loads(infer("-f", "json", ".").stdout)
    assert [row["path"] for row in table] == [row["path"] for row in rows] == ["1.png", "2.png", "10.png"]
    for text, row in zip(table, rows, strict=True):
        assert text["labels"].split("|") == row["labels"]
        assert [float(one) for one in text["scores"].split("|")] == pytest.approx(
            [row["scores"][label] for label in row["labels"]], abs=1e-4
        )


def test_text_and_symbols_in_every_format(field_model, images):
    def infer(*arguments):
        result = capsonnx("infer", "-m", field_model, "--provider", "cpu", *arguments, "10.png", cwd=images)
        assert result.returncode == 0
        return result.stdout

    [row] = json.loads(infer("-f", "json"))
    [read] = csv.DictReader(io.StringIO(infer("-f", "csv")))
    assert row["text"]
    assert row["text"] == read["text"]
    assert row["text"].replace("\n", "") == "".join(symbol["label"] for symbol in row["symbols"])
    assert infer().splitlines()[1].split()[3] == row["text"].replace("\n", "⏎")
    for symbol in row["symbols"]:
        left, top, right, bottom = symbol["box"]
        assert 3 <= left < right <= 17
        assert 3 <= top < bottom <= 17
        assert 0.3 < symbol["score"] < 1
        assert symbol["line"] in range(row["text"].count("\n") + 1)


def test_pages_are_prepared_as_told(field_model, images):
    with Image.open(images / "10.png") as image:
        Image.fromarray(np.maximum(np.asarray(image), 30)).save(images / "grey.png")
    auto, on, off = (
        capsonnx("infer", "-m", field_model, "--provider", "cpu", "-f", "csv", *more, "grey.png", cwd=images).stdout
        for more in ([], ["--prepare", "on"], ["--prepare", "off"])
    )
    assert auto == on != off


def test_an_output_file_and_the_options(infer, images):
    result = infer(
        ".", "-f", "jsonl", "-o", "out/rows.jsonl", "--height", "42", "--threshold", "0", "--batch-size", "1"
    )
    assert result.returncode == 0
    assert result.stdout == ""
    rows = [json.loads(line) for line in (images / "out/rows.jsonl").read_text().splitlines()]
    assert [row["height"] for row in rows] == [42, 42, 42]
    assert len(rows[0]["labels"]) > 5
    assert [path.name for path in (images / "out").iterdir()] == ["rows.jsonl"]


@pytest.mark.parametrize(
    ("arguments", "beginning"),
    [
        (["-o", "rows.csv"], "path,width,"),
        (["-o", "rows.JSON"], "[\n{"),
        (["-o", "rows.jsonl"], '{"path": '),
        (["-o", "rows.txt"], "PATH   "),
        (["-o", "rows.csv", "-f", "table"], "PATH   "),
    ],
)
def test_the_name_of_the_output_file_decides_the_format(infer, images, arguments, beginning):
    assert infer("1.png", *arguments).returncode == 0
    assert (images / arguments[1]).read_text().startswith(beginning)


def test_what_is_read_is_not_written_over(infer, tiny_model, images):
    (images / "image").write_bytes((images / "1.png").read_bytes())
    model = tiny_model.read_bytes()
    for arguments in (["1.png", "-o", "1.png"], [".", "-o", "2.PNG"], ["1.png", "-o", tiny_model]):
        result = infer(*arguments)
        assert result.returncode == 2
        assert "the name of an image or a model; expected a file for the rows" in result.stderr
    assert "image: is read in this run" in infer("image", "-o", "./image").stderr
    assert tiny_model.read_bytes() == model
    assert (images / "image").read_bytes() == (images / "1.png").read_bytes()
    (images / "list.txt").write_text("1.png\n")
    with (images / "list.txt").open() as listing:
        assert "list.txt: is read in this run" in infer("-", "-o", "list.txt", stdin=listing).stderr
    assert (images / "list.txt").read_text() == "1.png\n"


@pytest.mark.parametrize("what", ["an image", "null bytes"])
def test_standard_input_is_a_list_of_paths(infer, images, what):
    (images / "names").write_bytes(b"1.png\x002.png\x00")
    with (images / ("1.png" if what == "an image" else "names")).open("rb") as stream:
        result = infer("-", stdin=stream)
    assert result.returncode == 2
    assert result.stdout == ""
    assert result.stderr.startswith("error: standard input: no list of paths; expected the path of an image file")
    assert result.stderr.count("\n") == 1


def test_nothing_is_reported_of_what_is_read(tiny_model, images):
    (images / "home").mkdir()
    silencing = ("CI", "ORT_DISABLE_TELEMETRY", "ORT_RUNNING_UNIT_TESTS", "XDG_CACHE_HOME", "GITHUB_ACTIONS")
    environment = {name: value for name, value in os.environ.items() if name not in silencing}
    command = [sys.executable, "-m", "capsonnx", "infer", "-m", str(tiny_model), "1.png"]
    for more in ({}, {"ORT_DISABLE_TELEMETRY": "0"}):
        home = {"HOME": str(images / "home"), "PYTHONPATH": str(ROOT)}
        subprocess.run(command, cwd=images, env=environment | home | more, capture_output=True, timeout=60, check=True)
        reports = list((images / "home").rglob("deviceid"))
        assert bool(reports) == bool(more)  # the second to see that the first could fail


def test_scores_that_are_not_finite_are_an_error(make_onnx, images):
    import onnx
    from onnx import numpy_helper

    model = make_onnx()
    weights = next(one for one in model.graph.initializer if one.name == "kernels")
    damaged = np.full_like(numpy_helper.to_array(weights), np.nan)
    weights.CopyFrom(numpy_helper.from_array(damaged, "kernels"))
    onnx.save(model, images / "damaged.onnx")
    result = capsonnx("infer", "-m", "damaged.onnx", "--provider", "cpu", "1.png", cwd=images)
    assert result.returncode == 3
    assert "damaged.onnx: scores are not finite" in result.stdout


def test_a_run_that_dies_leaves_no_file(infer, images):
    result = infer("-", "-f", "jsonl", "-o", "rows.jsonl", input="")
    assert result.returncode == 2
    assert not [path for path in images.iterdir() if "rows" in path.name]


@contextmanager
def waiting_for_more(images, tiny_model, *arguments):
    """A run that has been given twenty paths on standard input, which stays open."""
    with subprocess.Popen(
        [sys.executable, "-m", "capsonnx", "infer", "-m", tiny_model, "--provider", "cpu", "-", *arguments],
        cwd=images,
        env=os.environ | {"PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "error"},
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        process.stdin.write("1.png\n" * 20)
        process.stdin.flush()
        yield process


def wait_until(holds):
    deadline = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@sends_ctrl_c
@pytest.mark.parametrize("suffix", ["csv", "json"])
def test_what_was_read_before_ctrl_c_is_kept_under_another_name(images, tiny_model, suffix):
    (images / f"out.{suffix}").write_text("of an earlier run")
    with waiting_for_more(images, tiny_model, "-o", f"out.{suffix}") as process:
        wait_until(lambda: list(images.glob(f".out.*.{suffix}")))
        process.send_signal(signal.SIGINT)
        _, messages = process.communicate("1.png\n" * 1000, timeout=30)
    assert process.returncode == 130
    assert messages.endswith(f"interrupted after 1 image; their rows are in out.partial.{suffix}\n")
    assert (images / f"out.{suffix}").read_text() == "of an earlier run"
    text = (images / f"out.partial.{suffix}").read_text()
    rows = json.loads(text) if suffix == "json" else list(csv.DictReader(io.StringIO(text)))
    assert [row["path"] for row in rows] == ["1.png"]


@sends_ctrl_c
def test_ctrl_c_ends_a_run_that_waits_for_its_list(images, tiny_model):
    with waiting_for_more(images, tiny_model, "-o", "out.csv", "--batch-size", "1", "--workers", "1") as process:
        wait_until(lambda: any(path.read_text().count("\n") > 10 for path in images.glob(".out.*.csv")))
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=30) == 130  # though its standard input is still open
    rows = list(csv.DictReader(io.StringIO((images / "out.partial.csv").read_text())))
    assert len(rows) >= 10
    assert {row["path"] for row in rows} == {"1.png"}


def test_the_rows_before_a_path_that_cannot_be_listed_are_kept(infer, images):
    elsewhere = images / "empty"
    (images / "out.jsonl").symlink_to(elsewhere / "rows.jsonl")
    result = infer("-", "-o", "out.jsonl", input="1.png\n" * 20 + "a\0b\n")
    assert result.returncode == 2
    assert f"stopped after 20 images; their rows are in {elsewhere / 'rows.partial.jsonl'}" in result.stderr
    assert "error: standard input: no list of paths" in result.stderr
    assert len((elsewhere / "rows.partial.jsonl").read_text().splitlines()) == 20
    assert not (elsewhere / "rows.jsonl").exists()


def test_a_list_that_cannot_be_read_is_not_blamed_on_the_output(infer, images):
    with (images / "list").open("w") as stdin:  # open for writing alone
        result = infer("-", "-o", "out.csv", stdin=stdin)
    assert result.returncode == 2
    assert "standard input: " in result.stderr
    assert "out.csv" not in result.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            [".", "-o", "rows.xlsx"],
            "a file of format .xlsx; expected .csv, .jsonl, .json; .txt or no suffix",
        ),
        (["none.png"], "none.png: no such file or folder"),
        (["empty"], "empty: no image in this folder"),
        (["*.bmp"], "no file matches"),
        ([], "Missing argument 'PATH...'"),
        ([".", "--height", "0"], "neither 'native' nor a whole number"),
        ([".", "--batch-size", "0"], "--batch-size"),
        ([".", "--threshold", "2"], "--threshold"),
        ([".", "--polarity", "light"], "--polarity"),
        ([".", "--prepare", "yes"], "--prepare"),
        ([".", "--model", "none.onnx"], "none.onnx: No such file"),
        ([".", "-o", "1.png/x"], "1.png: a file; expected a folder"),
    ],
)
def test_wrong_usage_is_exit_code_2_and_no_rows(infer, arguments, message):
    result = infer(*arguments)
    assert result.returncode == 2
    assert message in result.stderr
    assert "Traceback" not in result.stderr
    assert result.stdout == ""


def test_cuda_is_not_silently_replaced(infer):
    result = infer(".", "--provider", "cuda")
    if result.returncode == 0:
        assert "CUDAExecutionProvider" in result.stderr
    else:
        assert result.returncode == 1
        assert result.stdout == ""
        assert result.stderr.startswith("error: provider cuda")
        assert result.stderr.count("\n") == 1


def test_a_list_on_standard_input(infer):
    result = infer("-", "-f", "csv", input="2.png\nnone.png\n1.png\n")
    assert result.returncode == 3
    assert [line.split(",")[0] for line in result.stdout.splitlines()] == ["path", "2.png", "none.png", "1.png"]


@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse such names")
@pytest.mark.parametrize("style", ["table", "csv", "jsonl", "json"])
def test_a_name_that_is_not_unicode(infer, images, style):
    (images / "1.png").rename(images / "\udcff.png")
    result = infer(".", "-f", style)
    assert result.returncode == 0
    if style == "csv":
        assert "\udcff.png" in result.stdout
    if style == "json":
        assert "\udcff.png" in [row["path"] for row in json.loads(result.stdout)]


@pytest.mark.skipif(os.name == "nt", reason="no head there")
def test_a_reader_that_leaves_early_is_no_failure(images, tiny_model):
    lines = "1.png\n" * 3000
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "error"}
    script = f'"{sys.executable}" -m capsonnx infer -m "{tiny_model}" --provider cpu -f jsonl - | head -1'
    result = subprocess.run(
        ["bash", "-o", "pipefail", "-c", script],  # noqa: S607 - wherever it is
        cwd=images,
        env=environment,
        input=lines,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert result.returncode == 0
    assert result.stdout.count("\n") == 1
    assert "Traceback" not in result.stderr
    assert "BrokenPipe" not in result.stderr


def modules_after(code, cwd):
    code += "\nimport sys; print(*sorted({name.split('.')[0] for name in sys.modules}), file=sys.stderr)"
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", code]
    result = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=60, check=True)
    return set(result.stderr.splitlines()[-1].split())


def test_reading_needs_no_training_framework(images, tiny_model):
    arguments = ["infer", "-m", str(tiny_model), "--provider", "cpu", "."]
    code = f"from capsonnx.cli import main\nmain({arguments!r}, standalone_mode=False)"
    modules = modules_after(code, images)
    assert "onnxruntime" in modules
    assert not modules & {"torch", "onnx", "onnxscript"}


@pytest.mark.parametrize("arguments", [["--version"], ["--help"], ["infer", "--help"], ["completion", "--help"]])
def test_help_is_quick(tmp_path, arguments):
    modules = modules_after(f"from capsonnx.cli import main\nmain({arguments!r}, standalone_mode=False)", tmp_path)
    assert not modules & {"numpy", "PIL", "rich", "onnxruntime", "torch"}


def table(*rows, **options):
    options = {"is_terminal": True, "is_coloured": False} | options
    return "".join(formatter("table", **options)(rows)).splitlines()


READING = Reading(28, 56, (Found("7", 0.98), Found("3", 0.91)), {"3": 0.91, "7": 0.98})


def test_the_table_keeps_its_columns_on_a_terminal():
    long = "a/very/long/path/to/an/image/of/some/digits.png"
    lines = table(Row("short.png", READING, None), Row(long, READING, None), Row("数字.png", READING, None))
    assert lines[1] == f"{'short.png':28}     56     28  {'-':12}  7 0.98  3 0.91"
    assert lines[2] == f"…{long[-27:]}     56     28  {'-':12}  7 0.98  3 0.91"
    assert lines[3] == f"{'数字.png':26}     56     28  {'-':12}  7 0.98  3 0.91"
    assert max(map(len, lines)) <= 80


def test_the_table_shortens_nothing_in_a_pipe():
    long = "a/very/long/path/to/an/image/of/some/digits.png"
    assert table(Row(long, READING, None), is_terminal=False)[1].startswith(long)
    rows = [Row(path, READING, None) for path in ("short.png", "数字" * 10 + ".png", long, long + "x")]
    heading, *lines, last = table(*rows, is_terminal=False, first=[row.path for row in rows[:3]])
    assert [cell_len(line) for line in lines] == [cell_len(lines[0])] * 3
    assert lines[0].index("56") + len("56") == heading.index("WIDTH") + len("WIDTH")
    assert last == lines[2].replace(long, long + "x")


def test_the_table_shows_an_error_in_short_and_in_red():
    row = Row("x.png", None, "x.png: damaged; expected a readable image file; replace or remove it")
    assert table(row)[1] == f"{'x.png':28}      -      -  {'-':12}  damaged"
    assert table(row, is_coloured=True)[1].endswith("\x1b[31mdamaged\x1b[0m")


def located(*lines):
    symbols = tuple(tuple(Symbol(label, 0.12345678, Box(1, 2.06, 3, 4.04)) for label in line) for line in lines)
    scores = {**dict.fromkeys((label for line in lines for label in line), 0.1), "7": 0.98}
    return Row("x", Reading(28, 56, (Found("7", 0.98),), scores, symbols), None)


def test_the_table_shows_text_in_one_line():
    lines = table(located("73", "1"), located("1234567890123"), located(), located(["数", "a\tb"]))
    starts = [line[28:] for line in lines[1:]]
    assert starts == [
        f"     56     28  {'73⏎1':12}  7 0.98",
        "     56     28  1234567890123  7 0.98",
        f"     56     28  {'':12}  7 0.98",
        f"     56     28  {'数 a' + chr(92) + 'tb':11}  7 0.98",
    ]


def test_the_table_cuts_endless_texts_on_a_terminal_only():
    row = located("0" * 300)
    assert f"  {'0' * 199}…  7 0.98" in table(row)[1]
    assert "0" * 300 in table(row, is_terminal=False)[1]


def test_csv_keeps_the_lines_of_a_text():
    text = "".join(formatter("csv", is_terminal=False, is_coloured=False)([located("73", "1")]))
    assert [row["text"] for row in csv.DictReader(io.StringIO(text))] == ["73\n1"]


@pytest.mark.parametrize("style", ["json", "jsonl"])
def test_json_tells_where_symbols_stand(style):
    text = "".join(formatter(style, is_terminal=False, is_coloured=False)([located("7", "1")]))
    row = json.loads(text)[0] if style == "json" else json.loads(text)
    assert row["text"] == "7\n1"
    assert row["symbols"] == [
        {"label": label, "score": 0.123457, "box": [1, 2.1, 3, 4], "line": line}
        for line, label in enumerate(("7", "1"))
    ]


@pytest.mark.parametrize("row", [Row("x", READING, None), Row("x", None, "damaged")])
def test_without_places_there_is_no_text_in_json(row):
    values = json.loads("".join(formatter("jsonl", is_terminal=False, is_coloured=False)([row])))
    assert (values["text"], values["symbols"]) == (None, [])


def test_nothing_found_is_a_dash():
    assert table(Row("x", Reading(1, 1, (), {}), None))[1].endswith("  -")


def test_a_name_cannot_drive_the_terminal():
    assert table(Row("\x1b[2J\n.png", READING, None))[1].startswith(r"\x1b[2J\n.png ")


@pytest.mark.parametrize(
    ("style", "text"), [("csv", "path,width,height,text,labels,scores,error\n"), ("json", "[]\n"), ("jsonl", "")]
)
def test_no_rows(style, text):
    assert "".join(formatter(style, is_terminal=False, is_coloured=False)([])) == text


def test_a_csv_row_with_every_nuisance_reads_back():
    row = Row('a,"b"\n.png', READING, None)
    text = "".join(formatter("csv", is_terminal=False, is_coloured=False)([row]))
    assert next(csv.DictReader(io.StringIO(text)))["path"] == row.path


@pytest.mark.parametrize("style", ["table", "csv", "jsonl", "json"])
def test_rows_are_streamed(style):
    taken = []

    def rows():
        for number in range(3):
            taken.append(number)
            yield Row(str(number), READING, None)

    stream = iter(formatter(style, is_terminal=False, is_coloured=False)(rows()))
    while "7" not in next(stream):
        assert len(taken) <= 1
    assert len(taken) == 1
