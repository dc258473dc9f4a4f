"""Facts that must be true afterwards, counted from the databases, the streams and the acquirer."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.kill.system import System
from tests.kill.work import Acknowledged

Event = Mapping[str, Any]


@dataclass
class Facts:
    """Facts that were found after all had come to rest.

    Attributes:
        users: each user's version, also of the deleted.
        jobs: each job's company and status.
        pending: whose proposals are still pending, one entry a proposal.
        payments: each payment's proposal, status and refunded amount, minor units.
        refunds: each refund's payment.
        ledger: payment, transaction, direction, amount of each entry.
        charges: references of the charges that moved money.
        events: every entry of each stream.
        deletions: users whose deletion changed something, one entry each time.
    """

    users: dict[str, int]
    jobs: dict[str, tuple[str, str]]
    pending: list[str]
    payments: dict[str, tuple[str | None, str, int]]
    refunds: list[str]
    ledger: list[tuple[str, str, str, int]]
    charges: list[str]
    events: dict[str, list[Event]]
    deletions: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Verdict:
    """Counts of what went wrong; all of it should be nothing."""

    events_lost: int
    events_twice: int
    double_charges: int
    double_intents: int
    ledger_sum: int
    answers_broken: int
    details: tuple[str, ...]

    @property
    def is_clean(self) -> bool:
        """True when nothing went wrong."""
        return not any(self.figures().values())

    def figures(self) -> dict[str, int]:
        """All that is counted, by name."""
        return {
            "events_lost": self.events_lost,
            "events_twice": self.events_twice,
            "double_charges": self.double_charges,
            "double_intents": self.double_intents,
            "ledger_sum": self.ledger_sum,
            "answers_broken": self.answers_broken,
        }


def look(system: System) -> Facts:
    """Read everything; nothing may be under way any more."""
    rows: Any = system.rows
    lines = whole_lines(system.logs("marketplace-service"))
    return Facts(
        users=dict(rows("user-service", "select id, version from users")),
        jobs={
            job: (company, status)
            for job, company, status in rows(
                "marketplace-service", "select id, company_id, status from jobs"
            )
        },
        pending=[
            user
            for (user,) in rows(
                "marketplace-service", "select user_id from proposals where status = 'pending'"
            )
        ],
        payments={
            payment: (proposal, status, refunded)
            for payment, proposal, status, refunded in rows(
                "payments-service",
                "select id, proposal_id, status, refunded_amount from payments",
            )
        },
        refunds=[
            payment for (payment,) in rows("payments-service", "select payment_id from refunds")
        ],
        ledger=rows(
            "payments-service",
            "select payment_id, transaction_id, direction, amount from ledger",
        ),
        charges=[
            reference
            for (reference,) in rows(
                "acquirer", "select reference from charges where status = 'charged'"
            )
        ],
        events={
            name: system.events(name) for name in ("user.events", "job.events", "payment.events")
        },
        deletions=[
            line["data"]["userId"]
            for line in lines
            if line["event"] == "user_deletion_applied"
            and line["data"]["jobsClosed"] + line["data"]["proposalsWithdrawn"]
        ],
    )


def whole_lines(logs: Iterable[str]) -> Iterable[dict[str, Any]]:
    """Return the JSON lines that processes wrote to their end; kill -9 may tear a log's last one.

    Args:
        logs: each of one process alone, so that nothing comes after a torn line.
    """
    for log in logs:
        for line in log.splitlines(keepends=True):
            if line.startswith("{") and line.endswith("}\n"):
                yield json.loads(line)


def judge(facts: Facts, acknowledged: Acknowledged) -> Verdict:
    """Judge what was found by what must be."""
    details: list[str] = []
    lost = [*_lost_events(facts), *_lost_effects(facts, acknowledged)]
    twice = [*_published_twice(facts), *_applied_twice(facts)]
    charges = list(_double_charges(facts))
    intents = [
        f"proposal {proposal} has {count} intents"
        for proposal, count in Counter(
            proposal for proposal, _, _ in facts.payments.values() if proposal
        ).items()
        if count > 1
    ]
    broken = list(_broken_answers(facts, acknowledged))
    for found in (lost, twice, charges, intents, broken):
        details += found[:10]
    signed = [amount if side == "debit" else -amount for _, _, side, amount in facts.ledger]
    return Verdict(
        len(lost), len(twice), len(charges), len(intents), sum(signed), len(broken), tuple(details)
    )


def _events_of(facts: Facts, stream: str, kind: str | None = None) -> Counter[str]:
    """Count the events with ids of their own about each entity."""
    name = {"user.events": "userId", "job.events": "jobId", "payment.events": "paymentId"}[stream]
    found = {
        (event[name], event["eventId"])
        for event in facts.events[stream]
        if kind in (None, event["type"])
    }
    return Counter(entity for entity, _ in found)


def _lost_events(facts: Facts) -> Iterable[str]:
    """Changes without an event."""
    published = {(event["userId"], event["version"]) for event in facts.events["user.events"]}
    for user, version in facts.users.items():
        for each in range(1, version + 1):
            if (user, each) not in published:
                yield f"lost: version {each} of user {user}"
    posted = _events_of(facts, "job.events", "JOB_POSTED")
    yield from (f"lost: JOB_POSTED of {job}" for job in facts.jobs if not posted[job])
    completed = _events_of(facts, "payment.events", "PAYMENT_COMPLETED")
    refunded = _events_of(facts, "payment.events", "PAYMENT_REFUNDED")
    for payment, (_, status, _) in facts.payments.items():
        if status in {"succeeded", "refunded", "partially_refunded"} and not completed[payment]:
            yield f"lost: PAYMENT_COMPLETED of {payment}"
    for payment, count in Counter(facts.refunds).items():
        if refunded[payment] < count:
            yield f"lost: {count - refunded[payment]} PAYMENT_REFUNDED of {payment}"


def _lost_effects(facts: Facts, acknowledged: Acknowledged) -> Iterable[str]:
    """Deletions that the marketplace never heard of."""
    for job, (company, status) in facts.jobs.items():
        if company in acknowledged.deleted and status != "closed":
            yield f"lost: job {job} of the deleted {company} is {status}"
    yield from (
        f"lost: a proposal of the deleted {user} is pending"
        for user in facts.pending
        if user in acknowledged.deleted
    )


def _published_twice(facts: Facts) -> Iterable[str]:
    """Changes with two different events: nobody can know that they are the same."""
    ids: dict[tuple[str, int], set[str]] = defaultdict(set)
    for event in facts.events["user.events"]:
        ids[event["userId"], event["version"]].add(event["eventId"])
    for (user, version), found in ids.items():
        if len(found) > 1:
            yield f"twice: version {version} of user {user}"
    for job, count in _events_of(facts, "job.events", "JOB_POSTED").items():
        if count > 1:
            yield f"twice: JOB_POSTED of {job}"
    refunds = Counter(facts.refunds)
    for kind, most in (("PAYMENT_COMPLETED", None), ("PAYMENT_REFUNDED", refunds)):
        for payment, count in _events_of(facts, "payment.events", kind).items():
            if count > (1 if most is None else most[payment]):
                yield f"twice: {kind} of {payment}"


def _applied_twice(facts: Facts) -> Iterable[str]:
    """A deletion that ended something a second time."""
    for user, count in Counter(facts.deletions).items():
        if count > 1:
            yield f"twice: the deletion of {user}"


def _double_charges(facts: Facts) -> Iterable[str]:
    """Money moved more often than a payment says, at the acquirer or in the ledger."""
    paid = {
        payment
        for payment, (_, status, _) in facts.payments.items()
        if status in {"succeeded", "refunded", "partially_refunded"}
    }
    for reference, count in Counter(facts.charges).items():
        if reference not in paid or count > 1:
            known = "" if reference in paid else ", and nothing here was paid by it"
            yield f"charged {count} times at the acquirer: {reference}{known}"
    transactions: dict[str, set[str]] = defaultdict(set)
    for payment, transaction, _, _ in facts.ledger:
        transactions[payment].add(transaction)
    refunds = Counter(facts.refunds)
    for payment in facts.payments:
        expected = (payment in paid) + refunds[payment]
        if len(transactions[payment]) > expected:
            yield f"in the ledger {len(transactions[payment])} times, and not {expected}: {payment}"
    uncharged = paid - set(facts.charges)
    yield from (f"paid, and never charged: {payment}" for payment in uncharged)


def _broken_answers(facts: Facts, acknowledged: Acknowledged) -> Iterable[str]:
    """Answers that were acknowledged and isn't so."""
    for user, version in acknowledged.users.items():
        if facts.users.get(user, 0) < version:
            yield f"answered and lost: version {version} of user {user}"
    yield from (f"answered and lost: job {job}" for job in acknowledged.jobs - set(facts.jobs))
    for proposal, payment in acknowledged.accepted.items():
        if facts.payments.get(payment, (None, "", 0))[0] != proposal:
            yield f"answered and lost: payment {payment} of proposal {proposal}"
    for payment, status in acknowledged.processed.items():
        found = facts.payments.get(payment, (None, "lost", 0))[1]
        if (found == "failed") != (status == "failed") or found in {"lost", "pending"}:
            yield f"answered {status}, and is {found}: {payment}"
    for payment, amount in acknowledged.refunded.items():
        refunded = facts.payments.get(payment, (None, "", 0))[2]
        if refunded != amount:
            yield f"answered as refunded {amount}, and is {refunded}: {payment}"
