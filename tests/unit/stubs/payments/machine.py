"""Any sequence of what can be asked of two payments-services over one database, side by side too.

The model is written for reading. After each step: nothing was charged twice or without need, the
ledger says what was charged and refunded and its sum is nothing, no more was refunded than paid,
each success and refund was published once and in order, and a key got one answer for one effect.
"""

import asyncio
from collections import Counter
from typing import Any

import httpx
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    MultipleResults,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.unit.stubs.payments.bank import Bank, Known
from tests.unit.stubs.payments.conftest import intent_body
from tests.unit.stubs.payments.neighbours import lost, refused

KEPT = (200, 201, 402, 404, 409)
MANY = 4
MOST_PAYMENTS = 4

amounts = st.sampled_from([1, 7, 10**12])
parts = st.sampled_from([None, 1, 3, 5, 10**12])
currencies = st.sampled_from(["EUR", "JPY"])
methods = st.sampled_from([None, "pm_ok", "pm_declined", "pm_charged_no_answer"])
keys = st.sampled_from([None, None, None, "k1", "k2"])
faults = st.sampled_from([None, None, "refused", "lost", "late"])
which = st.integers(0, 1)


def is_running(answer: httpx.Response) -> bool:
    """Return whether it says that the first request under its key is still worked for."""
    return answer.status_code == 409 and "retry-after" in answer.headers


class Payments(RuleBasedStateMachine):
    """Asks, and holds each answer against the model."""

    payments: Bundle[str] = Bundle("payments")

    def __init__(self, bank: Bank) -> None:
        super().__init__()
        self.bank = bank
        self.known: dict[str, Known] = {}
        self.answered: dict[tuple[str, str], tuple[Any, int, str]] = {}

    @initialize(target=payments, method=methods)
    def begin(self, method: str | None) -> MultipleResults[str]:
        """Nothing ever happened but two intents, one of them charged."""
        self.bank.neighbours.late.clear()
        self.bank.run(self.bank.empty())
        made = [self.intend(7, "EUR", each, None, 0) for each in ("pm_ok", method)]
        self.process(made[0], None, None, 0)
        return multiple(*made)

    async def ask(self, path: str, body: Any, key: str | None, at: list[int]) -> Any:
        """The same request to these services, side by side."""
        headers = {} if key is None else {"idempotency-key": key}
        return await asyncio.gather(
            *(self.bank.clients[one].post(path, json=body, headers=headers) for one in at)
        )

    def was_told(self, path: str, body: Any, key: str | None, answer: httpx.Response) -> bool:
        """Return whether the key decided about the answer, and check it; else note it."""
        if key is None:
            return False
        if (path, key) not in self.answered:
            if answer.status_code in KEPT:
                self.answered[path, key] = (body, answer.status_code, answer.text)
            return False
        first_body, status, text = self.answered[path, key]
        if first_body == body:
            assert (answer.status_code, answer.text) == (status, text)
        else:
            assert answer.status_code == 422
        return True

    @precondition(lambda self: len(self.known) < MOST_PAYMENTS)
    @rule(target=payments, amount=amounts, currency=currencies, method=methods, key=keys, at=which)
    def intend_another(
        self, amount: int, currency: str, method: str | None, key: str | None, at: int
    ) -> str:
        """An intent."""
        return self.intend(amount, currency, method, key, at)

    def intend(
        self, amount: int, currency: str, method: str | None, key: str | None, at: int
    ) -> str:
        """Make an intent; returns the payment's id, or any where the key has another body."""
        path = "/payments/intent"
        body = intent_body(amount=amount, currency=currency, paymentMethod=method)
        (answer,) = self.bank.run(self.ask(path, body, key, [at]))
        if self.was_told(path, body, key, answer) and answer.status_code == 422:
            return next(iter(self.known))
        assert answer.status_code == 201
        made: str = answer.json()["id"]
        self.known.setdefault(made, Known(amount, currency, method or "pm_ok"))
        return made

    @rule(payment=payments, key=keys, fault=faults, at=which)
    def process_one(self, payment: str, key: str | None, fault: str | None, at: int) -> None:
        """A payment is processed."""
        self.process(payment, key, fault, at)

    def process(self, payment: str, key: str | None, fault: str | None, at: int) -> None:
        """Process it; the acquirer may be out of reach, or its answer lost or late."""
        neighbours = self.bank.neighbours
        neighbours.before[:] = [refused()] if fault == "refused" else []
        neighbours.after[:] = [lost()] if fault == "lost" else []
        neighbours.is_late = fault == "late"
        path = f"/payments/{payment}/process"
        (answer,) = self.bank.run(self.ask(path, None, key, [at]))
        neighbours.before.clear()
        neighbours.after.clear()
        neighbours.is_late = False
        if not self.was_told(path, None, key, answer):
            assert answer.status_code == self.processed(self.known[payment], fault)

    def processed(self, known: Known, fault: str | None) -> int:
        """Return what processing it should be answered with now."""
        if known.status in ("pending", "processing"):
            if not known.ask_acquirer(fault):
                return 503
            known.learn()
        return {"succeeded": 200, "failed": 402}.get(known.status, 409)

    @rule(payment=payments, key=keys)
    def process_side_by_side(self, payment: str, key: str | None) -> None:
        """Both services are asked to process it, more than once, in the same moment."""
        path = f"/payments/{payment}/process"
        answers = self.bank.run(self.ask(path, None, key, [0, 1] * (MANY // 2)))
        done = [answer for answer in answers if not is_running(answer)]
        assert done
        if key is not None and (path, key) in self.answered:
            assert all(self.was_told(path, None, key, answer) for answer in done)
            return
        known = self.known[payment]
        if known.status in ("pending", "processing") and known.method == "pm_charged_no_answer":
            self.unanswered_side_by_side(payment, {answer.status_code for answer in done})
        else:
            assert {answer.status_code for answer in done} == {self.processed(known, None)}
        for answer in done:
            if answer.status_code in KEPT:
                self.was_told(path, None, key, answer)

    def unanswered_side_by_side(self, payment: str, statuses: set[int]) -> None:
        """Whose question came first, and so got no answer, isn't known."""
        known = self.known[payment]
        known.ask_acquirer(None)
        assert statuses <= {200, 503}
        found = self.bank.run(self.bank.clients[0].get(f"/payments/{payment}")).json()["status"]
        assert found == "succeeded" or (found == "processing" and statuses == {503})
        known.status = found

    @rule(payment=payments, amount=parts, key=keys, at=which)
    def refund(self, payment: str, amount: int | None, key: str | None, at: int) -> None:
        """All that is left, or a part, is given back."""
        path, body = self.refunding(payment, amount)
        (answer,) = self.bank.run(self.ask(path, body, key, [at]))
        if not self.was_told(path, body, key, answer):
            assert answer.status_code == self.known[payment].refund(amount)

    @rule(payment=payments, amount=parts, key=keys)
    def refund_side_by_side(self, payment: str, amount: int | None, key: str | None) -> None:
        """Both services are asked to, more than once, in the same moment."""
        path, body = self.refunding(payment, amount)
        before = (path, key or "") in self.answered
        answers = self.bank.run(self.ask(path, body, key, [0, 1] * (MANY // 2)))
        done = [answer for answer in answers if not is_running(answer)]
        if key is None:
            expected = Counter(self.known[payment].refund(amount) for _ in answers)
            assert Counter(answer.status_code for answer in answers) == expected
            return
        assert done
        if not before:
            assert done[0].status_code == self.known[payment].refund(amount)
            self.was_told(path, body, key, done[0])
        for answer in done:
            assert self.was_told(path, body, key, answer)

    @staticmethod
    def refunding(payment: str, amount: int | None) -> tuple[str, dict[str, Any]]:
        """The request for a refund."""
        body = {"reason": "late"} | ({} if amount is None else {"amount": amount})
        return f"/payments/{payment}/refund", body

    @rule()
    def late_questions_arrive(self) -> None:
        """Charges that were asked for long ago reach the acquirer only now."""
        for request in self.bank.neighbours.late:
            self.known[request.url.path.rpartition("/")[2]].reach_acquirer()
        self.bank.run(self.bank.neighbours.deliver_late())

    @rule()
    def find_out(self) -> None:
        """Let what is processing be looked up at the acquirer."""
        self.bank.run(self.bank.reconcile(0))
        self.found_out(gives_up=False)

    @rule()
    def give_up(self) -> None:
        """It is looked up, and what the acquirer doesn't know is voided."""
        self.bank.run(self.bank.reconcile(1))
        self.found_out(gives_up=True)

    def found_out(self, *, gives_up: bool) -> None:
        """Return what a round of reconciliation should make of what is processing."""
        for known in self.known.values():
            if known.status == "processing" and gives_up:
                known.acquirer = known.acquirer or "voided"
            if known.status == "processing" and known.acquirer is not None:
                known.learn()

    @rule(number=which)
    def restart(self, number: int) -> None:
        """Another process takes the place of one; it reconciles at once."""
        self.bank.run(self.bank.restart(number))
        self.found_out(gives_up=number == 1)

    @invariant()
    def nothing_was_charged_but_what_should_be_and_that_once(self) -> None:
        """The acquirer's own account."""
        charges = self.bank.run(self.bank.neighbours.charged())
        expected = {each for each, known in self.known.items() if known.acquirer == "charged"}
        assert Counter(charge["reference"] for charge in charges) == Counter(expected)

    @invariant()
    def the_ledger_says_what_was_charged_and_refunded(self) -> None:
        """Its sum is nothing, since each movement is a pair."""
        expected: Counter[Any] = Counter()
        for payment, known in self.known.items():
            expected.update(known.movements(payment))
        assert self.bank.run(self.bank.movements()) == expected

    @invariant()
    def each_success_and_refund_was_told_once_and_in_order(self) -> None:
        """By the events in the outbox."""
        events = self.bank.run(self.bank.events())
        for payment, known in self.known.items():
            expected: list[tuple[str, int]] = []
            if known.movements(payment):
                totals = [sum(known.refunds[:end]) for end in range(len(known.refunds) + 1)]
                expected = [("PAYMENT_COMPLETED", 0)]
                expected += [("PAYMENT_REFUNDED", total) for total in totals[1:]]
            assert events.get(payment, []) == expected

    def teardown(self) -> None:
        """Every payment is what the model says."""
        for payment, known in self.known.items():
            found = self.bank.run(self.bank.clients[0].get(f"/payments/{payment}")).json()
            seen = (found["status"], found["refundedAmount"])
            assert seen == (known.status, sum(known.refunds))


def play(bank: Bank, **bounds: Any) -> None:
    """Play the machine against this bank."""

    class Played(Payments):
        def __init__(self) -> None:
            super().__init__(bank)

    # Shrinking what failed would take minutes here; the steps of the run are shown as they were.
    phases = [Phase.generate]
    run_state_machine_as_test(Played, settings=settings(phases=phases, **bounds))
