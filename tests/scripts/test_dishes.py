"""The two small dishes: their pages run as they stand, their figures are drawn, and what they say of convergence."""

from __future__ import annotations

import doctest
import importlib.util
import math
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "scripts" / "figures" / "dishes.py"
PAGES = ROOT / "exported" / "dishes"
NAMES = ("inverse", "pooling")


@pytest.fixture(scope="module")
def dishes():
    spec = importlib.util.spec_from_file_location("dishes", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def run_page(page: Path) -> subprocess.CompletedProcess[str]:
    """What the page itself says to run."""
    path = os.pathsep.join([str(SCRIPT.parent), str(ROOT)])
    return subprocess.run(
        [sys.executable, "-W", "error", "-m", "doctest", str(page)],
        env={**os.environ, "PYTHONPATH": path, "PYTHONUTF8": "1"},
        capture_output=True, text=True, encoding="utf-8", check=False, timeout=900,
    )  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_a_page_runs_as_it_says(name) -> None:
    page = PAGES / f"{name}.md"
    text = page.read_text(encoding="utf-8")
    assert f"PYTHONPATH=scripts/figures .venv/bin/python -m doctest exported/dishes/{name}.md" in text
    assert f"]({name}.png)" in text
    assert len(doctest.DocTestParser().get_examples(text)) > 15
    result = run_page(page)
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


@pytest.mark.parametrize(
    ("name", "right", "wrong"), [("inverse", "16.7%", "61.7%"), ("pooling", "(2.95, 0.05)", "(2.95, 0.06)")]
)
def test_a_page_with_another_number_fails(tmp_path, name, right, wrong) -> None:
    text = (PAGES / f"{name}.md").read_text(encoding="utf-8")
    assert text.count(right) == 1
    changed = tmp_path / f"{name}.md"
    changed.write_text(text.replace(right, wrong), encoding="utf-8")
    result = run_page(changed)
    assert result.returncode == 1
    assert wrong in result.stdout
    assert right in result.stdout


def test_the_figures_are_what_the_script_draws(tmp_path) -> None:
    command = [sys.executable, str(SCRIPT), "-o", str(tmp_path / "new")]
    subprocess.run(command, check=True, capture_output=True, timeout=900)
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == [f"{name}.png" for name in NAMES]
    for name in NAMES:
        with Image.open(tmp_path / "new" / f"{name}.png") as drawn, Image.open(PAGES / f"{name}.png") as shown:
            assert drawn.size == shown.size
            new, old = (np.asarray(one.convert("L"), dtype=np.float64) for one in (drawn, shown))
        assert new.std() > 10  # not blank
        assert np.abs(new - old).mean() < 0.25  # of 255; room for another rasteriser


def test_bisection_inverts_over_many_periods(dishes) -> None:
    x = torch.linspace(-50, 50, 5001, dtype=torch.float64)
    y = dishes.solve(x)
    torch.testing.assert_close(y + y.cos(), x, rtol=0, atol=1e-13)
    kepler = y - math.pi / 2  # the page's aside: E - sin E = M, of eccentricity 1
    torch.testing.assert_close(kepler - kepler.sin(), x - math.pi / 2, rtol=0, atol=1e-13)


def test_three_steps_are_the_formula_and_repeat_with_the_period(dishes) -> None:
    x = dishes.period()
    torch.testing.assert_close(dishes.invert(x), x - torch.cos(x - torch.cos(x - torch.cos(x))), rtol=0, atol=0)
    higher = dishes.invert(x + 2 * math.pi)
    torch.testing.assert_close(higher, dishes.invert(x) + 2 * math.pi, rtol=0, atol=1e-13)


def test_each_step_comes_closer_everywhere(dishes) -> None:
    x = dishes.period()
    exact = dishes.solve(x)
    errors = torch.stack([(dishes.invert(x, steps) - exact).abs() for steps in range(60)])
    assert (errors[1:] <= errors[:-1] + 1e-12).all()
    assert errors[-1].max() < errors[0].max() / 5


def test_the_gradient_through_the_steps_becomes_the_implicit_one(dishes) -> None:
    x = torch.tensor([0.5, 1.0, 2.0, 2.5], dtype=torch.float64)
    exact = dishes.implicit_slope(dishes.solve(x))
    errors = [(dishes.slope(x, steps) - exact).abs().max().item() for steps in (1, 3, 10, 20, 40)]
    assert errors == sorted(errors, reverse=True)
    assert errors[1] > 1e-2  # three steps are not there yet
    assert errors[-1] < 1e-6


def test_where_the_step_is_no_contraction_the_gradient_never_arrives(dishes) -> None:
    at = torch.tensor([math.pi / 2, 3 * math.pi / 2], dtype=torch.float64)
    for steps in (3, 40, 41):
        vertical, swinging = dishes.slope(at, steps).tolist()
        assert vertical == pytest.approx(steps + 1)
        assert swinging == pytest.approx((steps + 1) % 2)
    assert dishes.implicit_slope(at[1]).item() == pytest.approx(0.5)
    assert (dishes.slope(dishes.period(), 7).abs() <= 8).all()


def test_the_gradients_are_those_of_what_is_computed(dishes) -> None:
    x = dishes.period()[::500].clone().requires_grad_()
    assert torch.autograd.gradcheck(dishes.invert, x)
    sequence = random_sequence(0).requires_grad_()
    assert torch.autograd.gradcheck(dishes.pool, sequence)


def random_sequence(seed: int, length: float = 1.0) -> torch.Tensor:
    return length * torch.randn(9, 4, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@pytest.mark.parametrize("seed", range(5))
def test_pooling_weighs_and_knows_no_order(dishes, seed) -> None:
    sequence = random_sequence(seed)
    shares = dishes.weights(sequence, dishes.pool(sequence))
    assert (shares > 0).all()
    assert shares.sum().item() == pytest.approx(1)
    order = torch.randperm(9, generator=torch.Generator().manual_seed(seed))
    torch.testing.assert_close(dishes.pool(sequence[order]), dishes.pool(sequence))
    torch.testing.assert_close(dishes.weights(sequence[order], dishes.pool(sequence)), shares[order])


def test_pooling_one_vector_gives_it_back(dishes) -> None:
    sequence = random_sequence(1)[:1]
    for steps in (0, 1, 3):
        torch.testing.assert_close(dishes.pool(sequence, steps), sequence[0])


def test_a_fixed_point_stays_and_the_mean_is_none(dishes) -> None:
    sequence = dishes.two_clusters()
    for start in (None, sequence[6]):
        fixed = dishes.pool(sequence, 1000, start=start)
        torch.testing.assert_close(dishes.pool(sequence, 1, start=fixed), fixed, rtol=0, atol=1e-12)
    mean = sequence.mean(dim=0)
    assert (dishes.pool(sequence, 1) - mean).norm() > 1


def test_equal_clusters_balance_until_one_is_nudged(dishes) -> None:
    sequence = torch.tensor([[3.0, 0.0], [-3.0, 0.0]], dtype=torch.float64)
    assert dishes.pool(sequence, 50).norm() < 1e-6
    assert dishes.pool(sequence, 50, start=1e-3 * sequence[0])[0] > 2.9
    weak = 0.3 * sequence  # within a ball of radius 0.9
    assert dishes.pool(weak, 200, start=weak[0]).norm() < 1e-6


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("length", [0.5, 3.0])
def test_no_step_raises_the_energy(dishes, seed, length) -> None:
    sequence = random_sequence(seed, length)
    path = torch.stack([dishes.pool(sequence, steps) for steps in range(12)])
    energy = path.square().sum(dim=1) / 2 - (path @ sequence.T).logsumexp(dim=1)
    assert (energy[1:] <= energy[:-1] + 1e-9).all()
    assert energy[1] < energy[0]


@pytest.mark.parametrize("seed", range(5))
def test_within_a_ball_below_one_a_step_contracts(dishes, seed) -> None:
    sequence = random_sequence(seed)
    sequence *= 0.8 / sequence.norm(dim=1).max()  # all in the ball of radius 0.8 around zero
    starts = random_sequence(seed + 100, 5.0)[:2]
    ends = [dishes.pool(sequence, 1, start=start) for start in starts]
    assert (ends[0] - ends[1]).norm() <= 0.8**2 * (starts[0] - starts[1]).norm()
    far = [dishes.pool(sequence, 200, start=start) for start in starts]
    torch.testing.assert_close(*far, rtol=0, atol=1e-12)
