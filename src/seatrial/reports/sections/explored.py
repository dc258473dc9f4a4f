"""What `seatrial explore` tried: each journey as a sequence of requests, and what faults led to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from seatrial.reports.sections.section import Layout, Section
from seatrial.results import (
    BY_CONTRACT,
    ExploredCall,
    ExploredCase,
    ExploredCoverage,
    FaultFound,
    PointFound,
)

_COLUMN, _ROW, _HEAD, _MARGIN = 150, 36, 44, 75
_LABEL = 40
_WORST_FIRST = ("broke", "failed", "degraded", "hidden")


@dataclass(frozen=True)
class Lifeline:
    """A service, or the journey, from top to bottom."""

    name: str
    x: int


@dataclass(frozen=True)
class Arrow:
    """A request. Places are in the picture's own units."""

    number: int
    from_x: int
    to_x: int
    y: int
    label: str
    effect: str
    """The worst that a fault here led to; "" where none was tried alone."""

    @property
    def middle_x(self) -> float:
        """Where the label stands."""
        return (self.from_x + self.to_x) / 2 if self.from_x != self.to_x else self.from_x + 40


@dataclass(frozen=True)
class JourneyPicture:
    """The picture of a journey."""

    width: int
    height: int
    lifelines: Sequence[Lifeline]
    arrows: Sequence[Arrow]


@dataclass(frozen=True)
class ExploredPointRow:
    """A point and each kind of fault there."""

    name: str
    faults: Mapping[str, FaultFound]

    @property
    def by_contract(self) -> Mapping[str, FaultFound]:
        """Those that only this point's contracts bring."""
        return {kind: one for kind, one in self.faults.items() if kind.startswith(BY_CONTRACT)}


@dataclass(frozen=True)
class ExploredJourney:
    """One journey."""

    name: str
    coverage: ExploredCoverage
    picture: JourneyPicture | None
    rows: Sequence[ExploredPointRow]
    kinds: Sequence[str]
    """The columns."""
    by_contract: bool
    """Whether there are others, which contracts bring."""
    cases: Sequence[ExploredCase]


def _lay_out(layout: Layout) -> tuple[ExploredJourney, ...] | None:
    result = layout.result
    return (
        tuple(
            ExploredJourney(
                name,
                found,
                _picture(found),
                [ExploredPointRow(_name(one), one.faults) for one in found.at],
                _columns(found),
                any(kind.startswith(BY_CONTRACT) for one in found.at for kind in one.faults),
                [case for case in result.cases if case.journey == name],
            )
            for name, found in result.coverage.items()
        )
        or None
    )


def _columns(found: ExploredCoverage) -> list[str]:
    kinds = dict.fromkeys(kind for one in found.at for kind in one.faults)
    return [kind for kind in kinds if not kind.startswith(BY_CONTRACT)]


def _name(found: PointFound) -> str:
    point = found.point
    words = [f"{point.edge}: {point.operation}", point.about, f"#{point.ordinal}"]
    return " ".join(words[:1] + [one for one in words[1:] if one and one != "#1"])


def _picture(found: ExploredCoverage) -> JourneyPicture | None:
    if not found.calls:
        return None
    names = list(
        dict.fromkeys(name for one in found.calls for name in (one.consumer, one.provider))
    )
    x = {name: _MARGIN + place * _COLUMN for place, name in enumerate(names)}
    effects = {one.point.model_dump_json(): _worst(one) for one in found.at}
    arrows = [
        Arrow(
            number,
            x[one.consumer],
            x[one.provider],
            _HEAD + _ROW * number,
            _short(one),
            effects.get(one.point.model_dump_json(), ""),
        )
        for number, one in enumerate(found.calls, 1)
    ]
    return JourneyPicture(
        2 * _MARGIN + (len(names) - 1) * _COLUMN,
        _HEAD + _ROW * (len(arrows) + 1),
        [Lifeline(name, x[name]) for name in names],
        arrows,
    )


def _worst(point: PointFound) -> str:
    seen = {one.led_to for one in point.faults.values()}
    return next((one for one in _WORST_FIRST if one in seen), "")


def _short(call: ExploredCall) -> str:
    text = call.point.operation
    return text if len(text) <= _LABEL else f"{text[: _LABEL - 1]}…"


EXPLORED = Section("explored", _lay_out)
