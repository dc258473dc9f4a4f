"""The verdict on what a kill left behind: a clean system, and each defect by its name."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.kill.verdict import Facts, judge, whole_lines
from tests.kill.work import Acknowledged


def event(
    entity: str, name: str, event_id: str, kind: str = "", version: int = 1
) -> dict[str, Any]:
    return {name: entity, "eventId": event_id, "type": kind, "version": version}


def clean() -> Facts:
    """A user changed once, a company that left, a job, a payment that was refunded in part."""
    return Facts(
        users={"u": 2, "c": 2},
        jobs={"j": ("c", "closed")},
        pending=["u"],
        payments={"p": ("prop", "partially_refunded", 30), "q": (None, "failed", 0)},
        refunds=["p"],
        ledger=[("p", "t1", side, 100) for side in ("debit", "credit")]
        + [("p", "t2", side, 30) for side in ("debit", "credit")],
        charges=["p"],
        events={
            "user.events": [
                event(user, "userId", f"{user}{version}", version=version)
                for user in ("u", "c")
                for version in (1, 2)
            ],
            "job.events": [event("j", "jobId", "e1", "JOB_POSTED")],
            "payment.events": [
                event("p", "paymentId", "e2", "PAYMENT_COMPLETED"),
                # Sent again after a crash: the same event, and no second one.
                event("p", "paymentId", "e2", "PAYMENT_COMPLETED"),
                event("p", "paymentId", "e3", "PAYMENT_REFUNDED"),
            ],
        },
        deletions=["c"],
    )


TOLD = Acknowledged(
    users={"u": 2, "c": 1},
    deleted={"c"},
    jobs={"j"},
    accepted={"prop": "p"},
    processed={"p": "succeeded", "q": "failed"},
    refunded={"p": 30},
)


def without(stream: str, index: int) -> Callable[[Facts], Facts]:
    def change(facts: Facts) -> Facts:
        events = {**facts.events, stream: list(facts.events[stream])}
        del events[stream][index]
        return replace(facts, events=events)

    return change


def with_event(stream: str, added: dict[str, Any]) -> Callable[[Facts], Facts]:
    return lambda facts: replace(
        facts, events={**facts.events, stream: [*facts.events[stream], added]}
    )


def test_a_clean_system_is_clean() -> None:
    verdict = judge(clean(), TOLD)
    assert verdict.is_clean, verdict.details


@pytest.mark.parametrize(
    ("break_it", "count"),
    [
        pytest.param(without("user.events", 0), "events_lost", id="a-users-first-event"),
        pytest.param(without("user.events", 3), "events_lost", id="the-deletions-event"),
        pytest.param(without("job.events", 0), "events_lost", id="the-jobs-event"),
        pytest.param(without("payment.events", 2), "events_lost", id="the-refunds-event"),
        pytest.param(
            lambda facts: replace(facts, jobs={"j": ("c", "open")}), "events_lost", id="an-open-job"
        ),
        pytest.param(
            lambda facts: replace(facts, pending=["c"]), "events_lost", id="a-pending-proposal"
        ),
        pytest.param(
            with_event("user.events", event("u", "userId", "x", version=1)),
            "events_twice",
            id="another-change",
        ),
        pytest.param(
            with_event("job.events", event("j", "jobId", "x", "JOB_POSTED")),
            "events_twice",
            id="another-posting",
        ),
        pytest.param(
            with_event("payment.events", event("p", "paymentId", "x", "PAYMENT_COMPLETED")),
            "events_twice",
            id="another-completion",
        ),
        pytest.param(
            with_event("payment.events", event("p", "paymentId", "x", "PAYMENT_REFUNDED")),
            "events_twice",
            id="another-refund",
        ),
        pytest.param(
            lambda facts: replace(facts, deletions=["c", "c"]),
            "events_twice",
            id="another-deletion",
        ),
        pytest.param(
            lambda facts: replace(facts, charges=["p", "p-again"]),
            "double_charges",
            id="another-charge",
        ),
        pytest.param(
            lambda facts: replace(facts, charges=["p", "q"]),
            "double_charges",
            id="a-failed-ones-charge",
        ),
        pytest.param(lambda facts: replace(facts, charges=[]), "double_charges", id="no-charge"),
        pytest.param(
            lambda facts: replace(
                facts,
                ledger=facts.ledger + [("p", "t3", side, 100) for side in ("debit", "credit")],
            ),
            "double_charges",
            id="another-transaction",
        ),
        pytest.param(
            lambda facts: replace(facts, ledger=facts.ledger[1:]), "ledger_sum", id="one-side"
        ),
        pytest.param(
            lambda facts: replace(facts, payments={**facts.payments, "r": ("prop", "pending", 0)}),
            "double_intents",
            id="another-intent",
        ),
        pytest.param(
            lambda facts: replace(facts, users={**facts.users, "u": 1}),
            "answers_broken",
            id="an-older-user",
        ),
        pytest.param(lambda facts: replace(facts, jobs={}), "answers_broken", id="no-job"),
        pytest.param(
            lambda facts: replace(
                facts, payments={**facts.payments, "p": ("prop", "partially_refunded", 60)}
            ),
            "answers_broken",
            id="another-amount",
        ),
        pytest.param(
            lambda facts: replace(facts, payments={**facts.payments, "q": (None, "pending", 0)}),
            "answers_broken",
            id="a-payment-undone",
        ),
    ],
)
def test_each_defect_is_counted_by_its_name(break_it: Callable[[Facts], Facts], count: str) -> None:
    verdict = judge(break_it(clean()), TOLD)
    assert getattr(verdict, count), verdict
    assert not verdict.is_clean


def test_a_line_that_kill_9_tore_is_no_fact_and_spoils_no_other() -> None:
    torn = '{"event":"one"}\n{"event":"torn","data":{"userId":"u"}'
    following = '{"event":"two"}\nno JSON\n'
    found = list(whole_lines([torn, following]))
    assert [line["event"] for line in found] == ["one", "two"]
