"""The wheel carries the default model, so that installing it is enough to read images."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_wheel_reads_images_by_itself(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True, timeout=120)
    (wheel,) = tmp_path.glob("*.whl")
    site = tmp_path / "site"
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        archive.extractall(site)
    assert {"capsonnx/py.typed", "capsonnx/exported/mnist.onnx"} <= set(names)
    assert "capsonnx/datasets/embedded/t10k-images-idx3-ubyte.gz" in names
    page = [
        path.name
        for path in (ROOT / "exported/embed/web").iterdir()
        if path.suffix in {".js", ".css", ".html", ".json"}
    ]
    assert len(page) > 10
    assert {f"capsonnx/exported/embed/web/{name}" for name in page} <= set(names)
    assert not [name for name in names if name.startswith(("tests/", "scripts/"))]
    program = (
        "import sys; site, image = sys.argv[1:]; sys.path.insert(0, site); import capsonnx; "
        "print(capsonnx.load().model.path); print(*capsonnx.load().read(image).labels)"
    )
    command = [sys.executable, "-c", program, str(site), str(ROOT / "exported/samples/2-over-7.png")]
    result = subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, text=True)
    path, labels = result.stdout.splitlines()
    assert path == str(site / "capsonnx" / "exported" / "mnist.onnx")
    assert sorted(labels.split()) == ["2", "7"]
