"""A check as a value: its name, its promise in one sentence, and what it must have seen."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import wraps
from typing import TypeVar

from seatrial.checks.evidence import Evidence, Unseen
from seatrial.checks.finding import Finding
from seatrial.checks.phases import PhaseNeed, ScenarioPhase, flattened
from seatrial.checks.premises import Premise
from seatrial.config import DeclaredPolicy, declared_paths, field_paths
from seatrial.errors import UsageError
from seatrial.registry import Registry
from seatrial.results import Verdict

T = TypeVar("T")
CHECKS: "Registry[WireCheck]" = Registry("check")
"""Every check that `wire_check` made, a plugin's too."""
RIGHT_ENTITY_ID = "right-entity"
"""Where answers are mixed up, nothing else can be seen: a call sends nothing, or too little."""


@dataclass(frozen=True)
class WireCheck:
    """A promise that can be judged by what was seen on the wire."""

    id: str
    promise: str
    judge: Callable[[Evidence], Finding]
    needs: tuple[PhaseNeed, ...] = ()
    """The phases without which it can't be decided: a scenario that has the check enters them."""
    reads: tuple[ScenarioPhase, ...] = ()
    """Further phases whose calls it looks at, where a scenario enters them."""
    concurrent: tuple[ScenarioPhase, ...] = ()
    """Phases whose calls must all have been in flight together, or else it isn't decided."""
    tests: tuple[str, ...] = ()
    """What of a policy it puts to the test, by path: "cache.ttl_s"."""
    depends_on: "tuple[WireCheck, ...]" = ()
    """Where one of these is seen to be broken, or can't be seen, this one can't be seen either.

    One that isn't declared stands in nobody's way.
    """
    premises: tuple[Premise, ...] = ()
    """What must have happened for its claim to mean something; it is undecided without it."""

    @property
    def defined_by(self) -> Callable[[Evidence], Finding]:
        """The function that its registry knows it again by, when its module is read once more."""
        return self.judge

    def __call__(self, evidence: Evidence) -> Finding:
        """Judge it, unless what it depends on is broken already."""
        if self.judged(evidence).verdict is Verdict.SKIPPED:
            return self.judged(evidence)
        if self.id != RIGHT_ENTITY_ID and (mixed_up := evidence.mixed_up):
            text = f"depends on {RIGHT_ENTITY_ID}, which is failed: {mixed_up}"
            return Finding.undecided(text)
        ground = self._broken_ground(evidence)
        if ground is None:
            return _with_reason(self.judged(evidence), evidence)
        check, finding = ground
        text = f"depends on {check.id}, which is {finding.verdict}: {finding.explanation}"
        return Finding(Verdict.UNDECIDED, text, retryable=finding.retryable)

    def judged(self, evidence: Evidence) -> Finding:
        """Judge it by the phases that it declares alone, whatever it depends on.

        What can't be counted is never counted as absent, and a batch that wasn't whole shows
        nothing: both leave it undecided.
        """
        readable = flattened((*self.needs, *self.reads, *self.concurrent))
        limited = evidence.limited_to(readable, self.id)
        try:
            finding = self.judge(limited)
            if finding.verdict in (Verdict.SKIPPED, Verdict.UNDECIDED):
                return finding
            is_passed = finding.verdict is Verdict.PASSED
            return (
                self._broken_batch(limited) or self._missing_premise(limited, is_passed) or finding
            )
        except Unseen as why:
            return Finding.undecided(str(why))

    def _missing_premise(self, evidence: Evidence, is_passed: bool) -> Finding | None:
        for premise in self.premises:
            if premise.of_passing_alone and not is_passed:
                continue
            if lack := premise.lacks(evidence):
                return Finding(Verdict.UNDECIDED, lack, retryable=premise.retryable)
        return None

    def _broken_batch(self, evidence: Evidence) -> Finding | None:
        for phase in self.concurrent:
            batch = evidence.batch(phase)
            if batch is None:
                return Finding.undecided(f"the calls of {phase} weren't made as a concurrent batch")
            if not batch.whole:
                return Finding.retryable_undecided(
                    f"the machine was too busy for all calls of {phase} to be there at once"
                )
        return None

    def lacks(self, entered: Iterable[ScenarioPhase]) -> "list[tuple[WireCheck, PhaseNeed]]":
        """Return the needs of this check, and of those it depends on, that no phase here meets."""
        phases = frozenset(entered)
        missing = [(self, need) for need in self.needs if not flattened((need,)) & phases]
        return missing + [found for ground in self.depends_on for found in ground.lacks(phases)]

    def _broken_ground(self, evidence: Evidence) -> "tuple[WireCheck, Finding] | None":
        """Return the deepest of the checks that it depends on which isn't kept.

        Below one that isn't declared there may be others that are.
        """
        for ground in self.depends_on:
            deeper = ground._broken_ground(evidence)
            if deeper is not None:
                return deeper
            finding = ground.judged(evidence)
            if finding.verdict in (Verdict.FAILED, Verdict.UNDECIDED):
                return ground, finding
        return None


def _with_reason(finding: Finding, evidence: Evidence) -> Finding:
    """Add why the tap answered in the provider's place, where a failure may come from that."""
    errors = [one.error for one in evidence.attempts if one.error and one.fault is None]
    if finding.verdict is not Verdict.FAILED or not errors:
        return finding
    text = f"{finding.explanation} (the tap answered {len(errors)} requests itself: {errors[0]})"
    return replace(finding, explanation=text)


def wire_check(
    id: str,  # noqa: A002 - as the field is called
    promise: str,
    judge: Callable[[Evidence], Finding],
    *,
    needs: Iterable[PhaseNeed] = (),
    reads: Iterable[ScenarioPhase] = (),
    concurrent: Iterable[ScenarioPhase] = (),
    tests: Iterable[str] = (),
    depends_on: Iterable[WireCheck] = (),
    premises: Iterable[Premise] = (),
) -> WireCheck:
    """Make a check and register it by its id.

    Args:
        id: as results name it, after the scenario's name.
        promise: one sentence.
        judge: from evidence to finding; it reads the calls of the phases declared here alone.
        needs: phases without which it can't be decided; `any_of(…)` where one of several will do.
        reads: further phases that it looks at.
        concurrent: phases whose calls must all have been in flight together.
        tests: what of a policy it puts to the test, by path: "cache.ttl_s".
        depends_on: checks without which it can't be seen.
        premises: what must have happened for its claim to mean something.

    Raises:
        UsageError: another check has the id, or no policy has what it tests.
    """
    check = WireCheck(
        id,
        promise,
        judge,
        tuple(needs),
        tuple(reads),
        tuple(concurrent),
        tuple(tests),
        tuple(depends_on),
        tuple(premises),
    )
    for path in check.tests:
        if path not in field_paths(DeclaredPolicy):
            raise UsageError(f"the check {id} tests {path!r}, which no policy can declare")
    return CHECKS.register(id, check)


def where_declared(
    what: str, part_of: Callable[[DeclaredPolicy], T | None]
) -> Callable[[Callable[[Evidence, T], Finding]], Callable[[Evidence], Finding]]:
    """Judge a part of the policy, and skip where it isn't declared.

    Args:
        what: the part, as a reader calls it.
        part_of: finds it in a policy.
    """

    def wrap(judge: Callable[[Evidence, T], Finding]) -> Callable[[Evidence], Finding]:
        @wraps(judge)
        def judge_declared(evidence: Evidence) -> Finding:
            part = part_of(evidence.policy)
            if part is None:
                return Finding.skipped(f"no {what} is declared")
            return judge(evidence, part)

        return judge_declared

    return wrap


def judge_all(checks: Iterable[WireCheck], evidence: Evidence) -> dict[str, Finding]:
    """Return each check's finding, by its id."""
    return {check.id: check(evidence) for check in checks}


def untested(policy: DeclaredPolicy) -> tuple[str, ...]:
    """Return what a policy declares and no registered check puts to the test, by path."""
    tested = {path for check in CHECKS.values() for path in check.tests}
    return tuple(path for path in declared_paths(policy) if path not in tested)
