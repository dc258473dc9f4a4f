"""The callers' work: each does its part to the end, however often it must ask."""

import asyncio
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

_PAUSE_S = 0.02
_METHODS = ["pm_ok"] * 6 + ["pm_declined", "pm_charged_no_answer", "pm_slow"]


@dataclass
class Acknowledged:
    """Answers of the services: what they acknowledged must still be true afterwards.

    Attributes:
        users: the newest version that was answered for each user.
        deleted: users whose deletion was answered.
        jobs: jobs that were answered.
        accepted: the payment that was answered for each accepted proposal.
        processed: the status that was answered for each processed payment.
        refunded: what was answered as refunded of each payment, minor units.
        requests: how many were sent.
        failed: how many of them had no answer, or a 5xx.
    """

    users: dict[str, int] = field(default_factory=dict)
    deleted: set[str] = field(default_factory=set)
    jobs: set[str] = field(default_factory=set)
    accepted: dict[str, str] = field(default_factory=dict)
    processed: dict[str, str] = field(default_factory=dict)
    refunded: dict[str, int] = field(default_factory=dict)
    requests: int = 0
    failed: int = 0


class Caller:
    """One caller; its choices are its seed's.

    Args:
        urls: where the services are.
        seed: of its choices.
        acknowledged: where it notes what it was answered.
    """

    def __init__(self, urls: Mapping[str, str], seed: str, acknowledged: Acknowledged) -> None:
        self._urls = urls
        self._random = random.Random(seed)
        self._seed = seed
        self._acknowledged = acknowledged
        self._count = 0
        self._http = httpx.AsyncClient(trust_env=False, timeout=10)

    async def run(self, stop: asyncio.Event) -> None:
        """Begin one errand after the other until asked to stop; the last is done to its end."""
        async with self._http:
            while not stop.is_set():
                await (self._users() if self._random.random() < 0.4 else self._business())

    def _new(self, what: str) -> str:
        self._count += 1
        return f"{what}-{self._seed}-{self._count}"

    async def _users(self) -> None:
        user = await self._user("va")
        for _ in range(self._random.randrange(3)):
            changed = await self._ask("PATCH", f"user-service/users/{user}", name=self._new("n"))
            self._acknowledged.users[user] = max(
                self._acknowledged.users[user], changed.json()["version"]
            )
        if self._random.random() < 0.3:
            await self._ask("DELETE", f"user-service/users/{user}", fine=(204, 404))
            self._acknowledged.deleted.add(user)

    async def _business(self) -> None:
        company, va = await self._user("company"), await self._user("va")
        text: dict[str, Any] = {"title": "t", "description": "d", "budget": 1000}
        text["currency"] = "EUR"
        job = await self._ask("POST", "marketplace-service/jobs", companyId=company, **text)
        job_id = job.json()["id"]
        self._acknowledged.jobs.add(job_id)
        proposal = await self._proposal(job_id, va)
        if proposal is not None:
            path = f"marketplace-service/proposals/{proposal}/accept"
            payment = (await self._ask("POST", path)).json()["paymentId"]
            self._acknowledged.accepted[proposal] = payment
            await self._pay(payment)
        else:
            await self._pay(await self._intent(company, va))
        if self._random.random() < 0.2:
            await self._ask("DELETE", f"user-service/users/{company}", fine=(204, 404))
            self._acknowledged.deleted.add(company)

    async def _user(self, role: str) -> str:
        # Sent again after an answer that was lost, it would be 409: so with another address.
        while True:
            email = f"{self._new('u')}@kill"
            made = await self._once("POST", "user-service/users", {"email": email, "role": role})
            if made is not None and made.status_code == 201:
                user: str = made.json()["id"]
                self._acknowledged.users[user] = 1
                return user

    async def _proposal(self, job_id: str, va: str) -> str | None:
        """Its id; None when an earlier try made it and its answer was lost."""
        text = {"coverLetter": "c", "bidType": "fixed", "deliveryTime": "soon", "bidAmount": 500}
        body: dict[str, Any] = {"jobPostingId": job_id, "userId": va, **text}
        path = "marketplace-service/proposals"
        answer = await self._ask("POST", path, fine=(201, 409), **body)
        return str(answer.json()["id"]) if answer.status_code == 201 else None

    async def _intent(self, payer: str, receiver: str) -> str:
        method = self._random.choice(_METHODS)
        money = {"amount": self._random.randint(1, 10**6), "currency": "EUR"}
        sides = {"payerId": payer, "receiverId": receiver, "paymentMethod": method}
        answer = await self._keyed("payments-service/payments/intent", (201,), **money, **sides)
        return str(answer.json()["id"])

    async def _pay(self, payment: str) -> None:
        path = f"payments-service/payments/{payment}"
        answer = await self._keyed(f"{path}/process", (200, 402))
        self._acknowledged.processed[payment] = (
            "succeeded" if answer.status_code == 200 else "failed"
        )
        while answer.status_code == 200 and self._random.random() < 0.5:
            amount = self._random.randint(1, 300)
            refund = await self._keyed(
                f"{path}/refund", (200, 409), reason="because", amount=amount
            )
            if refund.status_code == 409:  # more than what is left
                break
            self._acknowledged.refunded[payment] = (
                self._acknowledged.refunded.get(payment, 0) + amount
            )

    async def _keyed(self, path: str, fine: tuple[int, ...], **body: Any) -> httpx.Response:
        """Ask under one key until it is answered. 409 with Retry-After: the first still runs."""
        key = self._new("k")
        while True:
            answer = await self._once("POST", path, body or None, {"idempotency-key": key})
            if answer is not None and answer.status_code in fine:
                if "retry-after" not in answer.headers:
                    return answer
            elif answer is not None and answer.status_code != 409:
                assert answer.status_code >= 500, answer.text
            await asyncio.sleep(_PAUSE_S)

    async def _ask(
        self, method: str, path: str, fine: tuple[int, ...] = (200, 201), **body: Any
    ) -> httpx.Response:
        """Ask until it is answered."""
        while True:
            answer = await self._once(method, path, body or None)
            if answer is not None and answer.status_code in fine:
                return answer
            assert answer is None or answer.status_code in {409, 500, 503}, answer.text
            await asyncio.sleep(_PAUSE_S)

    async def _once(
        self, method: str, path: str, body: Any, headers: Mapping[str, str] | None = None
    ) -> httpx.Response | None:
        """The answer; None where there was none that says what happened."""
        service, _, rest = path.partition("/")
        self._acknowledged.requests += 1
        try:
            answer = await self._http.request(
                method, f"{self._urls[service]}/{rest}", json=body, headers=dict(headers or {})
            )
        except httpx.TransportError:
            self._acknowledged.failed += 1
            return None
        if answer.status_code >= 500:
            self._acknowledged.failed += 1
            assert answer.status_code == 503, answer.text
        return answer
