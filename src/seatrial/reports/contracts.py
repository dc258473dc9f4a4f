"""The strength of the contracts and their documentation, pair by pair."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields

from seatrial.results import Check, Facts


@dataclass(frozen=True)
class PairStrength:
    """The reception of a provider's changes, over all interactions of one consumer with it."""

    pair: str
    interactions: int = 0
    mutants: int = 0
    killed: int = 0
    """Refused by the pact, and the consumer would have minded."""
    survived: int = 0
    waived: int = 0
    over_specified: int = 0
    """Refused by the pact, and the consumer doesn't notice."""
    examples: int = 0
    """Interactions whose example was changed, and not an answer of the provider."""

    @property
    def minded(self) -> int:
        """The changes that the consumer minds."""
        return self.killed + self.survived + self.waived

    @property
    def mutation_score(self) -> str:
        """The share of them that the pact refuses; never rounded up to all of them."""
        if not self.minded:
            return "–"  # noqa: RUF001 - a dash for what there is none of
        percent = 100 * self.killed / self.minded
        return f"{min(percent, 99.9) if self.killed < self.minded else percent:.1f} %"


@dataclass(frozen=True)
class Documented:
    """The part of a provider's OpenAPI document that its consumers need, and what it lacks."""

    provider: str
    drift: int = 0
    operations: int = 0
    operations_needed: int = 0
    statuses: int = 0
    statuses_needed: int = 0
    fields: int = 0
    fields_needed: int = 0


def strengths(checks: Iterable[Check]) -> tuple[PairStrength, ...]:
    """The strength of each pair whose contracts were measured, in the order of the result."""
    found: dict[str, PairStrength] = {}
    for check in checks:
        values = _measured(check, "contract.strength")
        if values is not None:
            pair = check.subject.partition(": ")[0]
            before = found.get(pair, PairStrength(pair))
            found[pair] = _added(before, values)
    return tuple(found.values())


def documented(checks: Iterable[Check]) -> tuple[Documented, ...]:
    """Each provider whose document was held against the pacts."""
    return tuple(
        Documented(
            check.subject,
            **{
                one.name: _number(values, one.name)
                for one in fields(Documented)
                if one.name != "provider"
            },
        )
        for check in checks
        if (values := _measured(check, "contract.openapi")) is not None
    )


def kills(check: Check) -> str:
    """Of one interaction: how many of the changes that the consumer minds the pact refuses."""
    values = _measured(check, "contract.strength")
    if values is None:
        return ""
    one = _added(PairStrength(""), values)
    return f"{one.killed}/{one.minded}"


def _measured(check: Check, name: str) -> Mapping[str, object] | None:
    if check.id != name:
        return None
    return next((e.values for e in check.evidence if isinstance(e, Facts)), None)


def _added(before: PairStrength, values: Mapping[str, object]) -> PairStrength:
    def sum_of(name: str) -> int:
        return int(getattr(before, name)) + _number(values, name)

    return PairStrength(
        pair=before.pair,
        interactions=before.interactions + 1,
        mutants=sum_of("mutants"),
        killed=sum_of("killed"),
        survived=sum_of("survived"),
        waived=sum_of("waived"),
        over_specified=sum_of("over_specified"),
        examples=before.examples + str(values.get("mutated", "")).startswith("the pact's example"),
    )


def _number(values: Mapping[str, object], name: str) -> int:
    value = values.get(name)
    return value if isinstance(value, int) else 0
