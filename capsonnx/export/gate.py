"""The gate: a file gets its name only after it has been shown to keep the contract and to compute the network.

A file of fewer bits is made from a float32 file that has passed. It must read as well and read the same, but need not
compute the same within 1e-5.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from capsonnx.contract import IMAGES, LENGTHS
from capsonnx.errors import InputError, ModelError, ParityError
from capsonnx.export.agreement import LEAST_AGREEMENT, AgreementReport, measure_agreement
from capsonnx.export.checks import Check, check_graph, load_onnx, network_inside
from capsonnx.export.exporter import InputType, Size, check_size, to_onnx
from capsonnx.export.parity import CONTENTS, ParityReport, grid_of, measure_parity
from capsonnx.export.precision import Precision, precision_of, quantise, to_half
from capsonnx.files import replacing, write_text
from capsonnx.model import CapsuleNetwork, NetworkConfig, scorer
from capsonnx.progress import progress_bar
from capsonnx.runtime import load_model

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from capsonnx.contract import Contract
    from capsonnx.datasets import Dataset
    from capsonnx.export.calibration import Calibration
    from capsonnx.model import Network
    from capsonnx.runtime import Model

__all__ = ["Inspection", "check_file", "export", "report_path", "require", "write_report"]


@dataclass(frozen=True)
class Inspection:
    """What was found out about a file.

    Attributes:
        path: the path of the file.
        sha256: the SHA-256 of its bytes.
        checks: the checks on the graph.
        parity: parity with the torch network or decoder; for a file of fewer bits, the parity of the float32 file it
            was made from; None if it was not measured.
        precision: the precision of the stem.
        agreement: for a file of fewer bits, its agreement with the torch network; None if it was not measured.
        source: for a file of fewer bits, the SHA-256 of the float32 file it was made from; None if that is not known.
    """

    path: Path
    sha256: str
    checks: list[Check]
    parity: ParityReport | None
    precision: Precision = "fp32"
    agreement: AgreementReport | None = None
    source: str | None = None

    @property
    def passed(self) -> bool:
        """Whether everything that was measured holds."""
        return all(one.passed for one in (*self.checks, self.parity, self.agreement) if one is not None)

    def to_json(self) -> dict[str, object]:
        """The inspection as JSON values."""
        return {
            "file": self.path.name,
            "sha256": self.sha256,
            "precision": self.precision,
            "source": self.source,
            "passed": self.passed,
            "checks": {check.name: {"passed": check.passed, "found": check.found} for check in self.checks},
            "agreement": self.agreement and self.agreement.to_json(),
            "parity": self.parity and self.parity.to_json(),
        }


def report_path(path: Path) -> Path:
    """The path of the report on a file ``NAME.onnx``: ``NAME.parity.json`` beside it."""
    return path.with_name(path.name.removesuffix(".onnx") + ".parity.json")


def export(
    network: Network,
    contract: Contract,
    path: Path,
    *,
    opset: int = 18,
    input_type: InputType = "uint8",
    outputs: Sequence[str] | None = None,
    precision: Precision = "fp32",
    calibration: Calibration | None = None,
    size: Size | None = None,
) -> Inspection:
    """Export a network to an ONNX file with a report beside it; write nothing if a check fails.

    Args:
        network: on the CPU.
        contract: becomes the file's metadata.
        path: the path of the file, which is written only if all checks pass, replacing what was there.
        opset: the ONNX operator set.
        input_type: the type of the input ``images``.
        outputs: names from :data:`capsonnx.contract.OUTPUTS`; None: all that the network has.
        precision: the precision of the stem; see :mod:`capsonnx.export.precision`.
        calibration: the images for fewer bits, as :func:`capsonnx.export.calibration_of` returns them; not needed for
            fp32.
        size: the size of the images; None: any, unless the network takes only one.

    Raises:
        InputError: the opset, an output or the size is not supported, or a calibration is needed and missing.
        ModelError: a check on the graph fails.
        ParityError: the file does not compute what the network computes or, with fewer bits, does not read the same.
    """
    if precision != "fp32" and calibration is None:
        raise InputError(
            f"precision {precision} without images",
            expected="images to calibrate with and a test split to compare on",
            remedy="pass the calibration that calibration_of gives for the run",
        )
    size = check_size(size, network)
    if precision != "fp32" and calibration is not None and size != "dynamic":
        calibration = calibration.for_size(size)
    with replacing(path) as temporary:
        content = to_onnx(network, contract, opset=opset, input_type=input_type, outputs=outputs, size=size)
        temporary.write_bytes(content)
        inspection = dataclasses.replace(check_file(temporary, network), path=path)
        require(inspection)
        if precision != "fp32" and calibration is not None:
            temporary.write_bytes(to_half(content) if precision == "fp16" else quantise(content, calibration.images))
            found = check_file(temporary, network, calibration.test_split)
            inspection = dataclasses.replace(found, path=path, parity=inspection.parity, source=inspection.sha256)
            require(inspection)
    write_report(inspection)
    return inspection


def write_report(inspection: Inspection) -> None:
    """Write the report on a file beside it."""
    write_text(report_path(inspection.path), json.dumps(inspection.to_json(), indent=1) + "\n")


def check_file(path: Path, network: Network | None = None, test_split: Dataset | None = None) -> Inspection:
    """Inspect an exported file: contract, operators, and how it compares with a torch network.

    Args:
        path: the path of the file.
        network: the network to compare with, using as many routing iterations as the file has. None: a float32 file is
            compared with the network that its metadata describes, with the file's own weights; this shows that the
            graph computes that network, but not which training run it came from. A file of fewer bits is then not
            compared at all.
        test_split: the test split that a file of fewer bits is compared on; without it, such a file is not compared.

    Raises:
        InputError, ModelError: the file cannot be opened at all, belongs to another network than the one passed, or
            does not hold its own.
    """
    session = load_model(path, provider="cpu")
    model = load_onnx(path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    precision = precision_of(model)
    network = None if network is None else _as_exported(network, session)
    inspection = Inspection(path, digest, check_graph(model, str(path)), None, precision)
    if precision == "fp32":
        parity = _parity(session, network or network_inside(model, session.contract, str(path)))
        return dataclasses.replace(inspection, parity=parity)
    if network is None or test_split is None:
        return inspection
    return dataclasses.replace(inspection, agreement=_agreement(session, network, test_split))


def _as_exported(network: Network, session: Model) -> Network:
    """The network with the file's number of routing iterations; refused if the file belongs to another network."""
    if not session.contract.network:
        return network
    try:
        said = NetworkConfig.from_json(session.contract.network)
    except TypeError:  # from a version with other fields: what the file computes is compared all the same
        return network
    values, own = dataclasses.asdict(said), dataclasses.asdict(network.config)
    different = [key for key in values if key != "routings" and values[key] != own[key]]
    if different:
        raise InputError(
            f"{session.path}: a network of {_listed(values, different)}; the other is of {_listed(own, different)}",
            expected="the network that the file was exported from",
            remedy="compare with its own training folder, or with a file that was exported from that",
        )
    return network.with_routings(said.routings) if isinstance(network, CapsuleNetwork) else network


def _listed(values: Mapping[str, object], keys: Sequence[str]) -> str:
    return ", ".join(f"{key} {values[key]}" for key in keys)


def _parity(session: Model, network: Network) -> ParityReport:
    reference = scorer(network, exact=True, outputs=session.outputs)
    grid = grid_of(session.contract.smallest, session.size)
    with progress_bar("parity", len(grid) * len(CONTENTS)) as bar:
        return measure_parity(reference, partial(session, outputs=session.outputs), grid=grid, advance=bar.advance)


def _agreement(session: Model, network: Network, test_split: Dataset) -> AgreementReport:
    lengths = (LENGTHS,)
    with progress_bar("agreement", None) as bar:
        return measure_agreement(
            scorer(network, outputs=lengths),
            partial(session, outputs=lengths),
            test_split,
            size=session.size,
            advance=bar.advance,
        )


def require(inspection: Inspection) -> None:
    """Raise an error if a check or a measurement failed, so that the file does not get its name."""
    for check in inspection.checks:
        if not check.passed:
            raise ModelError(
                f"{inspection.path}: {check.name}: {check.found}",
                expected="a graph that every runtime loads",
                remedy="nothing was written; report this as a bug, or try another --opset",
            )
    parity, agreement = inspection.parity, inspection.agreement
    if parity is not None and not parity.passed:
        worst = ", ".join(
            f"{name} by {difference:.1e}" + f" of {parity.allowed(name):.0e}" * (difference > parity.allowed(name))
            for name, difference in parity.differences.items()
        )
        is_drawn = IMAGES in parity.differences  # by a decoder
        same = "" if is_drawn else f"; top class on {parity.agreeing} of {parity.images} images"
        raise ParityError(
            f"{inspection.path}: differs from the torch network: {worst}{same}",
            expected=f"differences up to {parity.tolerance:.0e}" + ("" if is_drawn else " and the same top class"),
            remedy="nothing was written; train on, or report this as a bug",
        )
    if agreement is not None and not agreement.passed:
        worst = ", ".join(
            f"{one.exam} right {one.candidate:.2%}, not {one.reference:.2%}, same classes {one.agreement:.2%}"
            for one in agreement.comparisons
            if not one.passed
        )
        raise ParityError(
            f"{inspection.path}: {inspection.precision} reads otherwise than float32: {worst}",
            expected=f"hardly fewer right, and the same classes in {LEAST_AGREEMENT:.1%} of the images",
            remedy="nothing was written; choose another --precision, or train on",
        )
