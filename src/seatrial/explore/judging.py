"""The built-in invariants: what a journey may expect under faults, and what policies promise."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx

from seatrial.config import Config, Edge, Explore, FailureCause
from seatrial.explore.kinds import is_good_answer, status_of
from seatrial.explore.model import Fault, Violation
from seatrial.explore.naming import content_of, ids_of, leaves
from seatrial.explore.processes import Outage
from seatrial.explore.system import Step, is_json
from seatrial.explore.watch import SeenCall
from seatrial.testbed import looks_like

MARGIN_S = 0.5
"""A busy machine's share of a bound."""
_CAUSES: Mapping[str, FailureCause] = {
    "reset": "connection_errors",
    "close": "connection_errors",
    "answer-lost": "connection_errors",
    "half-body": "bad_answers",
    "drift": "bad_answers",
    "hang": "timeouts",
    "answer-late": "timeouts",
    "slow-over": "timeouts",
}
_SUCCESS = range(200, 300)


@dataclass(frozen=True)
class Usual:
    """A step as it goes without faults."""

    status: int | None
    was_json: bool


@dataclass(frozen=True)
class Shown:
    """What a run under faults showed."""

    steps: Sequence[Step]
    calls: Sequence[SeenCall]
    injected: Sequence[Fault]
    outages: Mapping[str, Sequence[Outage]]
    """When services were killed, and ran again."""


class Judge:
    """Holds the answers of a run to what its edges declare, or else to what is usual."""

    def __init__(self, config: Config, usual: Sequence[Usual], usual_effects: Counter[str]) -> None:
        """Take the promises, and a run without faults.

        Args:
            config: with all policies.
            usual: the journey's steps without faults.
            usual_effects: how often each unsafe request of it succeeds.
        """
        self._config = config
        self._explore: Explore = config.explore
        self._usual = usual
        self._usual_effects = usual_effects

    def bound_s(self, step: Step) -> float:
        """Return by when a step's answer is due."""
        edge = self._config.edges.get(step.edge or "")
        if edge is not None and edge.policy.call_bound_s is not None:
            return edge.policy.call_bound_s + MARGIN_S
        return self._explore.answers_within_s + MARGIN_S

    def judge(self, shown: Shown) -> tuple[Violation, ...]:
        """Return what a run broke."""
        found = [one for step in shown.steps for one in self._step(step, shown)]
        return (*found, *self._effects(shown))

    def _step(self, step: Step, shown: Shown) -> Iterator[Violation]:
        usual = self._usual[step.number - 1] if step.number <= len(self._usual) else None
        where = str(step)
        if step.status is None:
            if not _was_killed(step, shown):
                yield self._unanswered(step, where)
            return
        if step.took_s > self.bound_s(step):
            yield Violation(
                "answers-in-time",
                f"{where} was answered after {step.took_s:.1f} s;"
                f" the bound is {self.bound_s(step) - MARGIN_S:g} s",
                where,
            )
        edge = self._config.edges.get(step.edge or "")
        if edge is not None:
            yield from self._declared(step, edge, shown)
        elif step.status >= 500 and not (usual and usual.status == step.status):
            if step.status not in self._explore.degraded:
                yield Violation(
                    "answers-as-declared",
                    f"{where} was answered {step.status}: an error that nobody declared",
                    where,
                )
        elif step.status in _SUCCESS and usual and usual.was_json and not is_json(step):
            yield Violation(
                "passes-no-garbage", f"{where} was answered {step.status} and no JSON", where
            )
        if self._hides_failures(step, shown) and not (usual and usual.status == step.status):
            (fault,) = shown.injected
            yield Violation(
                "hides-retried-failures",
                f"{where} was answered {step.status}, although the edge {fault.point.edge}"
                f" declares that a {fault.kind} is tried again",
                where,
            )

    def _unanswered(self, step: Step, where: str) -> Violation:
        if step.late:
            bound_s = self.bound_s(step) - MARGIN_S
            return Violation("answers-in-time", f"{where} has no answer after {bound_s:g} s", where)
        return Violation("answers", f"{where} has no answer: {step.error}", where)

    def _declared(self, step: Step, edge: Edge, shown: Shown) -> Iterator[Violation]:
        assert step.status is not None
        answer = httpx.Response(step.status, content=step.body)
        where = str(step)
        declared = {
            "stale": edge.stale,
            "degraded": edge.degraded,
            "cached": edge.cached,
            "good": edge.good,
            "missing": edge.missing,
            "failed": edge.failed,
        }
        looks = [name for name, one in declared.items() if one and looks_like(answer, one)]
        if not looks:
            yield Violation(
                "answers-as-declared",
                f"{where} was answered {step.status}, which the edge {step.edge} doesn't declare",
                where,
            )
        elif looks[0] == "missing" and not _said(404, shown) and edge.missing != edge.failed:
            yield Violation(
                "answers-as-declared",
                f"{where} was answered {step.status}, that there is none, and nobody said so",
                where,
            )
        shows = edge.good.entity
        if any(is_good_answer(one.kind) for one in shown.injected):
            return  # a pact's example may be about another entity than its request says
        if shows and looks and looks[0] in ("good", "cached", "stale") and step.entity is not None:
            found = _field(step.content, shows)
            if found is not None and str(found) != step.entity:
                yield Violation(
                    "answers-about-its-entity",
                    f"{where} was answered about {found}, and asked for {step.entity}",
                    where,
                )

    def _hides_failures(self, step: Step, shown: Shown) -> bool:
        """Return True if the only fault is one that a declared retry hides from this step."""
        if len(shown.injected) != 1 or step.injected == 0:
            return False
        (fault,) = shown.injected
        hit = next((one for one in shown.calls if one.injected), None)
        return hit is not None and _retried(fault, hit)

    def _effects(self, shown: Shown) -> Iterator[Violation]:
        """Look for unsafe requests that had more than one effect."""
        for done, most in self._done_again(shown):
            if _had_more_effects(done, most):
                yield Violation("one-effect", _times(done, most), done[0].edge.name)

    def doubts(self, shown: Shown, looked_at: Collection[str]) -> Iterator[str]:
        """Say which unsafe requests had one effect or more, and nothing shows which.

        Args:
            shown: by a run that broke nothing.
            looked_at: services whose state an invariant looks at, which held.
        """
        for done, most in self._done_again(shown):
            edge, name = done[0].edge, f"{done[0].edge.name}: {done[0].point.operation}"
            known = edge.provider in looked_at or name in self._explore.idempotent
            if not known and _had_more_effects(done, most) is None:
                yield (
                    f"{_times(done, most)}; no id in its answers says whether once more has an"
                    f" effect: let an invariant ask {edge.provider}, or, if it has none,"
                    f' add "{name}" to idempotent in [explore]'
                )

    def _done_again(self, shown: Shown) -> Iterator[tuple[list[SeenCall], int]]:
        """Yield the calls of what succeeded more often than the journey asked for, with that."""
        for what, calls in _unsafe(shown.calls).items():
            done = [one for one in calls if one.entry.provider_status in _SUCCESS]
            most = max(1, self._usual_effects[what])
            if len(done) > most and any(one.injected for one in calls):
                yield done, most


def effects(calls: Sequence[SeenCall]) -> Counter[str]:
    """Return how often each unsafe request succeeded."""
    return Counter(
        {
            what: sum(one.entry.provider_status in _SUCCESS for one in made)
            for what, made in _unsafe(calls).items()
        }
    )


def _unsafe(calls: Sequence[SeenCall]) -> dict[str, list[SeenCall]]:
    found: dict[str, list[SeenCall]] = {}
    for call in calls:
        if call.entry.method == "POST":
            found.setdefault(f"{call.edge.name} {call.request}", []).append(call)
    return found


def _times(done: Sequence[SeenCall], most: int) -> str:
    keys = {one.entry.idempotency_key for one in done}
    how = "with one key" if len(keys) == 1 else f"with {len(keys)} keys"
    how = "without an idempotency key" if None in keys else how
    did = f"{done[0].edge.provider} did {done[0].point.operation} {len(done)} times"
    return f"{did} {how}, and the journey asked for {most}"


def _had_more_effects(done: Sequence[SeenCall], most: int) -> bool | None:
    """Return whether there were more effects than asked for; None: nothing shows it."""
    made = {_made(one, one.of_provider or one.answer) for one in done}
    if None not in made:
        return len(made) > most  # with one name it knows a request again, also without a key
    keys = {one.entry.idempotency_key for one in done}
    if None in keys:
        return None
    whole = [one for one in done if one.entry.answered_s is not None and not one.injected]
    answers = {_made(one, one.answer) or one.answer for one in whole}
    return len(keys) > most or len(answers) > most


def _made(call: SeenCall, answer: bytes) -> Any:
    """Return how an answer names what was made; None: it doesn't.

    Any id will do that the request doesn't have, and `id` itself in any case.
    """
    content = content_of(answer)
    if isinstance(content, dict) and isinstance(content.get("id"), str | int):
        return str(content["id"])
    asked = {*leaves(call.content), *call.entry.path.split("/")}
    return frozenset(one for one in ids_of(content) if one[1] not in asked) or None


def _retried(fault: Fault, call: SeenCall) -> bool:
    policy = call.edge.policy
    retry = policy.retry
    if retry is None or retry.attempts < 2:
        return False
    method = fault.point.operation.partition(" ")[0]
    if method not in ("GET", "HEAD", "PUT", "DELETE") and policy.idempotency is None:
        return False
    if (status := status_of(fault.kind)) is not None:
        return policy.retries(status) and (retry.retry_after_cap_s or 0) >= call.retry_after_s
    cause = _CAUSES.get(fault.kind.partition(":")[0])
    return cause is not None and policy.retries(cause)


def _was_killed(step: Step, shown: Shown) -> bool:
    """Return True if the service that a step called was killed meanwhile, or didn't run again."""
    until_s = step.ended_s or step.started_s
    return any(
        one.since_s <= until_s and step.started_s <= one.until_s
        for one in shown.outages.get(step.service, ())
    )


def _said(status: int, shown: Shown) -> bool:
    return any(call.entry.status == status for call in shown.calls)


def _field(content: Any, name: str) -> Any:
    for part in name.split("."):
        if not isinstance(content, Mapping):
            return None
        content = content.get(part)
    return content
