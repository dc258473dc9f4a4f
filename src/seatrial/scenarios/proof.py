"""The proof of a failed check: the call that shows it, and what the services printed meanwhile."""

from operator import attrgetter

from seatrial.checks import CHECKS, Attempt, Call, Evidence, Finding
from seatrial.checks.phases import flattened
from seatrial.config import declared_paths
from seatrial.redaction import without_secrets
from seatrial.results import Declared, HttpExchange, Text, UpstreamRequest
from seatrial.scenarios.timeline import zero_s
from seatrial.testbed import ServiceLogs, Testbed

_SHOWS_IT = "the first call that shows it"
_LOOKED_AT = "the last call that the check looked at"


def declared_of(testbed: Testbed, check_id: str) -> dict[str, Declared]:
    """Return what a check puts to the test of the edge's policy, with its section, by path."""
    check, policy = CHECKS.get(check_id), testbed.edge.policy
    tested = check.tests if check else ()
    sections = {path.partition(".")[0] for path in tested}
    paths = [path for path in declared_paths(policy) if path.partition(".")[0] in sections]
    return {
        f"edges.{testbed.name}.policy.{path}": attrgetter(path)(policy)
        for path in sorted(paths, key=lambda path: path not in tested)
    }


def proof(
    testbed: Testbed, check_id: str, finding: Finding, evidence: Evidence, logs: ServiceLogs | None
) -> tuple[HttpExchange | Text, ...]:
    """Return the call that shows a failure best, and the lines printed while it was under way.

    Args:
        testbed: names the services.
        check_id: the check that failed.
        finding: may say what shows it; else it is the last call that the check looked at.
        evidence: all of the scenario.
        logs: of its services.
    """
    call = evidence.call_of(finding.shown_by)
    title = _SHOWS_IT if call else _LOOKED_AT
    call = call or _last_looked_at(check_id, evidence)
    if call is None or call.http is None:
        return ()
    exchange = call.http.model_copy(
        update={
            "title": f"{title}, to {testbed.edge.consumer} (phase {call.phase})",
            "at_s": round(call.started_s - zero_s(evidence), 4),
            "upstream": tuple(_sent(one, call) for one in evidence.known_attempts_of(call)),
        }
    )
    printed = logs.around(call.started_s, call.ended_s) if logs else {}
    return (
        exchange,
        *(Text(title=title, text=without_secrets(said)) for title, said in printed.items()),
    )


def _last_looked_at(check_id: str, evidence: Evidence) -> Call | None:
    check = CHECKS.get(check_id)
    if check is None:
        return None
    phases = flattened((*check.needs, *check.reads, *check.concurrent))
    return next((call for call in reversed(evidence.calls) if call.phase in phases), None)


def _sent(attempt: Attempt, call: Call) -> UpstreamRequest:
    ended_s = attempt.answered_s or attempt.given_up_s
    return UpstreamRequest(
        at_s=round(attempt.arrived_s - call.started_s, 4),
        method=attempt.method,
        path=without_secrets(attempt.path),
        status=attempt.status,
        answered_after_s=None if ended_s is None else round(ended_s - attempt.arrived_s, 4),
        fault=attempt.fault or "",
    )


def promise_of(check_id: str) -> str:
    """Return what a check promises, in a sentence; "" where none is registered."""
    check = CHECKS.get(check_id)
    return check.promise if check else ""
