"""A writing mix: jobs are posted, proposed for and accepted, paid, and some refunded again.

Each arrival is one whole deal, of five requests or six; its outcome is the last that was done. The
target is marketplace-service; SEATRIAL_USER_SERVICE_URL and SEATRIAL_PAYMENTS_SERVICE_URL name the
other two. Afterwards the ledger must have every charge and refund that was acknowledged, once, and
its sum must be 0.
"""

import os
import uuid
from collections.abc import Iterable, Sequence
from typing import Any

from load.ledger import BID, REFUND, check_ledger, read_ledger
from load.system import PAYMENTS, USERS, job_of, make_user, needed, proposal_of
from seatrial.loads import (
    Arrival,
    Assertion,
    Limits,
    LoadPlan,
    OpenLoopUser,
    Outcome,
    Phase,
    Profile,
    Task,
)

_PAIRS = 20


class DealError(Exception):
    """A request of a deal was not answered as it should be."""


class ProposalsPayments(OpenLoopUser):
    """Makes deals between companies and their assistants, and reads jobs."""

    profile = Profile(
        title="Proposals and payments; the ledger is checked afterwards",
        phases=(Phase("deals", 8, 8),),
        target="marketplace-service",
        entities=_PAIRS,
        mix={"deal": 0.6, "refunded-deal": 0.2, "job": 0.2},
        zipf_exponent=0.5,
        limits=Limits(error_ratio_max=0.0, goodput_min=0.95, deadline_s=5.0, answers_min=40),
        timeout_s=20.0,
    )

    @classmethod
    def keys(cls, plan: LoadPlan) -> tuple[str, ...]:
        """Make pairs of a company and an assistant."""
        users, _ = needed(plan, USERS, PAYMENTS)
        return tuple(
            f"{make_user(users, 'company')} {make_user(users, 'va')}" for _ in range(_PAIRS)
        )

    def call(self, task: Task) -> Outcome:
        """One deal, or a look at a company's jobs."""
        company, assistant = task.key.split(" ")
        try:
            if task.kind == "job":
                self._send("GET", f"/jobs?company={company}", name="/jobs?company={id}")
                return Outcome("read", ok=True)
            payment = self._deal(company, assistant)
            if task.kind == "deal":
                return Outcome("paid", ok=True)
            self._refund(payment)
            return Outcome("refunded", ok=True)
        except DealError as error:
            return Outcome(str(error), ok=False)

    def _deal(self, company: str, assistant: str) -> str:
        job = self._send("POST", "/jobs", job_of(company))
        proposal = self._send("POST", "/proposals", proposal_of(job["id"], assistant, BID))
        accepted = self._send(
            "POST", f"/proposals/{proposal['id']}/accept", {}, name="/proposals/{id}/accept"
        )
        payment = str(accepted["paymentId"])
        self._pay(f"/payments/{payment}/process", {}, name="/payments/{id}/process")
        return payment

    def _refund(self, payment: str) -> None:
        body = {"reason": "less was done", "amount": REFUND}
        self._pay(f"/payments/{payment}/refund", body, name="/payments/{id}/refund")

    def _pay(self, path: str, body: Any, *, name: str) -> None:
        self._send("POST", f"{os.environ[PAYMENTS].rstrip('/')}{path}", body, name=name)

    def _send(self, method: str, path: str, body: Any = None, *, name: str | None = None) -> Any:
        headers = {"idempotency-key": uuid.uuid4().hex} if method == "POST" else {}
        with self.client.request(
            method, path, name=name or path, json=body, headers=headers, catch_response=True
        ) as response:
            if response.status_code not in (200, 201):
                step = (name or path).rpartition("/")[2].partition("?")[0]
                response.failure(f"{step}-{response.status_code}")
                raise DealError(f"{step}-{response.status_code}")
            return response.json()

    @classmethod
    def assertions(cls, arrivals: Sequence[Arrival]) -> Iterable[Assertion]:
        """Check the ledger against what was acknowledged."""
        return check_ledger(read_ledger(os.environ[PAYMENTS].rstrip("/")), arrivals)
