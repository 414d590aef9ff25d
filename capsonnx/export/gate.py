"""The gate: a file gets its name only after it has shown that it keeps the contract and computes the network."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from capsonnx.errors import ModelError, ParityError
from capsonnx.export.checks import Check, check_graph, load_onnx, network_inside
from capsonnx.export.exporter import InputType, to_onnx
from capsonnx.export.parity import CONTENTS, GRID, ParityReport, measure_parity
from capsonnx.files import replacing, write_text
from capsonnx.model import scorer
from capsonnx.progress import progress_bar
from capsonnx.runtime import load_model

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from capsonnx.contract import Contract
    from capsonnx.model import Network

__all__ = ["Inspection", "check_file", "export", "report_path"]


@dataclass(frozen=True)
class Inspection:
    """What was found out about a file.

    Attributes:
        path: the file.
        sha256: of its bytes.
        checks: on the graph.
        parity: with the torch network.
    """

    path: Path
    sha256: str
    checks: list[Check]
    parity: ParityReport

    @property
    def passed(self) -> bool:
        """Whether everything holds."""
        return self.parity.passed and all(check.passed for check in self.checks)

    def to_json(self) -> dict[str, object]:
        """The inspection as JSON values."""
        return {
            "file": self.path.name,
            "sha256": self.sha256,
            "passed": self.passed,
            "checks": {check.name: check.found for check in self.checks},
            "parity": self.parity.to_json(),
        }


def report_path(path: Path) -> Path:
    """Where the report on a file lies: beside it, as ``NAME.parity.json``."""
    return path.with_suffix(".parity.json")


def export(
    network: Network,
    contract: Contract,
    path: Path,
    *,
    opset: int = 18,
    input_type: InputType = "uint8",
    outputs: Sequence[str] | None = None,
) -> Inspection:
    """Export a network to an ONNX file and a report beside it, or to nothing at all.

    Args:
        network: on the CPU.
        contract: becomes the file's metadata.
        path: of the file; written only if all checks hold, replacing what was there.
        opset: the ONNX operator set.
        input_type: of the input ``images``.
        outputs: names of :data:`capsonnx.contract.OUTPUTS`; None: all that the network has.

    Raises:
        InputError: the opset or an output cannot be had.
        ModelError: a check on the graph fails.
        ParityError: the file does not compute what the network computes.
    """
    content = to_onnx(network, contract, opset=opset, input_type=input_type, outputs=outputs)
    with replacing(path) as temporary:
        temporary.write_bytes(content)
        found = check_file(temporary, network)
        inspection = Inspection(path, found.sha256, found.checks, found.parity)
        _require(inspection)
    write_text(report_path(path), json.dumps(inspection.to_json(), indent=1) + "\n")
    return inspection


def check_file(path: Path, network: Network | None = None) -> Inspection:
    """Inspect an exported file: contract, operators, and parity with a torch network.

    Args:
        path: of the file.
        network: to compare with; None: the network that the file's metadata describes, with the file's own weights,
            which shows that the graph computes that network, but not which training it came from.

    Raises:
        InputError, ModelError: the file cannot be opened at all, or does not hold its own network.
    """
    session = load_model(path, provider="cpu")
    model = load_onnx(path)
    reference = scorer(network or network_inside(model, session.contract), exact=True, outputs=session.outputs)
    with progress_bar("parity", len(GRID) * len(CONTENTS)) as bar:
        parity = measure_parity(reference, partial(session, outputs=session.outputs), advance=bar.advance)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return Inspection(path, digest, check_graph(model, str(path)), parity)


def _require(inspection: Inspection) -> None:
    """Raise what keeps a file from its name."""
    for check in inspection.checks:
        if not check.passed:
            raise ModelError(
                f"{inspection.path}: {check.name}: {check.found}",
                expected="a graph that every runtime loads",
                remedy="nothing was written; report this as a bug, or try another --opset",
            )
    parity = inspection.parity
    if not parity.passed:
        worst = ", ".join(f"{name} by {difference:.1e}" for name, difference in parity.differences.items())
        raise ParityError(
            f"{inspection.path}: differs from the torch network: {worst}; top class on {parity.agreeing} of "
            f"{parity.images} images",
            expected=f"differences up to {parity.tolerance:.0e} and the same top class",
            remedy="nothing was written; train on, or report this as a bug",
        )
