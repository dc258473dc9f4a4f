"""What each consumer does by `seatrial infer`: its parameters, a grid of failures, pictures."""

from collections.abc import Mapping
from dataclasses import dataclass

from seatrial.reports.sections.section import Layout, Numbered, Section
from seatrial.results import FailureBehaviour, InferredParameter, ReviewFinding

_SEVERITIES = ("high", "medium", "low")


@dataclass(frozen=True)
class InferredEdge:
    """One edge's consumer."""

    edge: str
    parameters: Mapping[str, InferredParameter]
    behaviour: Mapping[str, FailureBehaviour]
    findings: tuple[ReviewFinding, ...]
    """Worst first."""
    pictures: tuple[Numbered, ...]
    policy: str
    """As TOML."""


def _lay_out(layout: Layout) -> tuple[InferredEdge, ...] | None:
    result = layout.result
    return (
        tuple(
            InferredEdge(
                edge,
                parameters,
                result.behaviour.get(edge, {}),
                tuple(
                    sorted(
                        (one for one in result.findings if one.edge == edge),
                        key=lambda one: _SEVERITIES.index(one.severity),
                    )
                ),
                tuple(filter(None, map(layout.draw, result.pictures.get(edge, ())))),
                result.policies.get(edge, ""),
            )
            for edge, parameters in result.inferred.items()
        )
        or None
    )


INFERRED = Section("inferred", _lay_out)
