"""The reference system with mistakes in its services and clients that only faults show.

`python -m tests.exploration.planted.reference`; SERVICE names a service and DEFECT the mistake. The
system's own code has none of them: each is put over it in the process that has it.
"""

import os
import runpy
import sys
import uuid
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from seatrial.resilience import Lookup, Rejected, ServiceError, Unavailable
from stubs.acquirer import app as acquirer_app
from stubs.clients import marketplace as marketplace_client
from stubs.clients import payments as payments_client
from stubs.clients import user as user_client
from stubs.clients.remembered import RememberedUsers
from stubs.marketplace import app as marketplace_app
from stubs.marketplace.proposals import ProposalService
from stubs.marketplace.users import ResilientUsers
from stubs.payments import acquirer as acquirer_client
from stubs.payments import app as payments_app
from stubs.payments import receipts
from stubs.payments.acquirer import AcquirerDown, Declined, HttpAcquirer
from stubs.payments.service import PaymentService
from stubs.user import app as user_app

DEFECTS: dict[str, Callable[[], None]] = {}
Code = Callable[[], None]


def defect(plant: Code) -> Code:
    """Add a defect, named by its function."""
    DEFECTS[plant.__name__.replace("_", "-")] = plant
    return plant


class Crash(Exception):  # noqa: N818 - what no handler expects
    """A mistake of the program."""


def put(where: Any, name: str, code: Any) -> None:
    """Put something over what is there."""
    setattr(where, name, code)


def crashing(client: Any, crashes: Callable[[ServiceError], bool]) -> None:
    """Let a client's errors of some kind be errors of the program."""
    right = client.send

    async def send(*args: Any, **options: Any) -> Any:
        try:
            return await right(*args, **options)
        except ServiceError as error:
            if crashes(error):
                raise Crash(str(error)) from error
            raise

    put(client, "send", send)


def second_failure(client: Any) -> None:
    """Let the second of two failures in sequence be an error of the program."""
    right, failed = client.send, [0]

    async def send(*args: Any, **options: Any) -> Any:
        try:
            answer = await right(*args, **options)
        except Unavailable as error:
            failed[0] += 1
            if failed[0] == 2:
                raise Crash(str(error)) from error
            raise
        failed[0] = 0
        return answer

    put(client, "send", send)


def _is_403(error: ServiceError) -> bool:
    return isinstance(error, Rejected) and error.status == 403


# --- cards


@defect
def card_403_crashes() -> None:
    crashing(user_client, _is_403)


@defect
def card_second_failure_crashes() -> None:
    second_failure(user_client)


@defect
def card_garbage_crashes() -> None:
    put(
        user_client,
        "read_answer",
        lambda model, answer, _operation: model.model_validate_json(answer.content),
    )


@defect
def missing_for_good() -> None:
    right, missing = user_client.UserServiceClient.look_up_profile, set[str]()

    async def look_up(self: Any, user_id: str) -> Lookup[Any]:
        if user_id in missing:
            return Lookup(None, "cache")
        found = await right(self, user_id)
        if found.value is None:
            missing.add(user_id)
        return found

    put(user_client.UserServiceClient, "look_up_profile", look_up)


@defect
def old_card_as_fresh() -> None:
    """What a change made old is shown as today's, where the new one can't be had."""
    right, known = user_client.UserServiceClient.look_up_profile, dict[str, Any]()

    async def look_up(self: Any, user_id: str) -> Lookup[Any]:
        try:
            found = await right(self, user_id)
        except ServiceError:
            if user_id not in known:
                raise
            return Lookup(known[user_id], "cache")
        known[user_id] = found.value
        return found

    put(user_client.UserServiceClient, "look_up_profile", look_up)
    put(RememberedUsers, "refresh", lambda self, *_: self.clear())


# --- jobs and proposals


def _has_role_on_failure(answer: bool) -> None:
    right = ResilientUsers.has_role

    async def has_role(self: Any, user_id: str, role: Any) -> bool:
        try:
            return await right(self, user_id, role)
        except ServiceError:
            return answer

    put(ResilientUsers, "has_role", has_role)


@defect
def refuses_whom_it_cannot_check() -> None:
    _has_role_on_failure(answer=False)


@defect
def trusts_whom_it_cannot_check() -> None:
    _has_role_on_failure(answer=True)


@defect
def accepts_without_payment() -> None:
    """Accept although the payment couldn't be agreed on, and leave it at that."""
    right = ProposalService._agree

    async def agree(self: Any, proposal_id: str, request: Any) -> Any:
        try:
            return await right(self, proposal_id, request)
        except ServiceError:
            return SimpleNamespace(id=f"unpaid-{proposal_id}")

    put(ProposalService, "_agree", agree)


@defect
def keeps_the_turn() -> None:
    """Whoever couldn't accept lets nobody else accept the proposal."""
    right = ProposalService._agree

    async def agree(self: Any, proposal_id: str, request: Any) -> Any:
        turn = self._turns[proposal_id]
        try:
            return await right(self, proposal_id, request)
        except ServiceError:
            kept.append(turn)
            put(turn, "release", lambda: None)
            raise

    kept: list[Any] = []
    put(ProposalService, "_agree", agree)


def changing_headers(client: Any, change: Callable[[Any], Any]) -> None:
    """Let a client change the headers of each attempt."""
    right = client.send

    async def send(http: Any, request: Any, *args: Any, **options: Any) -> Any:
        change(request.headers)
        return await right(http, request, *args, **options)

    put(client, "send", send)


@defect
def new_key_for_each_attempt() -> None:
    changing_headers(
        payments_client,
        lambda headers: headers.update({"idempotency-key": f'"{uuid.uuid4()}"'}),
    )


@defect
def intent_403_crashes() -> None:
    crashing(payments_client, _is_403)


@defect
def intent_second_failure_crashes() -> None:
    second_failure(payments_client)


# --- payments


@defect
def payer_unchecked() -> None:
    right = PaymentService._refuse_unknown

    async def refuse_unknown(self: Any, request: Any) -> None:
        try:
            await right(self, request)
        except ServiceError:
            return

    put(PaymentService, "_refuse_unknown", refuse_unknown)


def _on_lost_charge(instead: Callable[[Any, Any], Any]) -> None:
    right = HttpAcquirer.charge

    async def charge(self: Any, payment: Any) -> Any:
        try:
            return await right(self, payment)
        except AcquirerDown:
            return await instead(self, payment)

    put(HttpAcquirer, "charge", charge)


@defect
def lost_is_declined() -> None:
    async def declined(_acquirer: Any, _payment: Any) -> Declined:
        return Declined("acquirer_down")

    _on_lost_charge(declined)


@defect
def charges_again() -> None:
    """Charge under another reference where an answer was lost."""

    async def again(acquirer: Any, payment: Any) -> Any:
        body = {"amount": payment.amount, "currency": payment.currency, "method": "pm_ok"}
        found = await acquirer._ask("PUT", f"{payment.id}-again", body)
        return acquirer_client._settled(acquirer_client._read(found))

    _on_lost_charge(again)


@defect
def unknown_is_declined() -> None:
    """Ask what became of a charge, and take it for declined where that can't be known either."""

    async def find(acquirer: Any, payment: Any) -> Any:
        try:
            found = await acquirer.find(payment.id)
        except AcquirerDown:
            return Declined("acquirer_down")
        if found is None:
            raise AcquirerDown("not charged")
        return found

    _on_lost_charge(find)


@defect
def asking_again_hangs() -> None:
    """Ask what became of a charge, with all the patience in the world."""

    async def find(acquirer: Any, payment: Any) -> Any:
        path = f"/charges/{payment.id}"
        answer = await acquirer._http.get(path, timeout=None)
        if answer.status_code != 200:
            raise AcquirerDown("not known")
        return acquirer_client._settled(acquirer_client._read(answer))

    _on_lost_charge(find)


@defect
def charge_404_crashes() -> None:
    right = acquirer_client._read

    def read(answer: Any) -> Any:
        if answer.status_code == 404:
            raise Crash("no charge")
        return right(answer)

    put(acquirer_client, "_read", read)


@defect
def charge_hangs() -> None:
    right = HttpAcquirer.__init__

    def begin(self: Any, base_url: str, _ask_s: float, **options: Any) -> None:
        right(self, base_url, 3600.0, **options)

    put(HttpAcquirer, "__init__", begin)


@defect
def receipt_403_crashes() -> None:
    crashing(marketplace_client, _is_403)


@defect
def receipt_hides_failures() -> None:
    async def unless_down(_service: str, part: Any, _down: Any) -> Any:
        try:
            return await part
        except ServiceError:
            return None

    put(receipts, "_unless_down", unless_down)


APPLICATIONS = {
    "acquirer": acquirer_app.application,
    "marketplace": marketplace_app.application,
    "payments": payments_app.application,
    "user": user_app.application,
}


def _plant() -> None:
    # Once in each process: in virtual time all services are in one.
    if (name := os.environ.get("DEFECT", "")) and name in DEFECTS:
        DEFECTS.pop(name)()


def application() -> Any:
    """Return the application that SERVICE names."""
    _plant()
    return APPLICATIONS[os.environ["SERVICE"]]()


if __name__ == "__main__":
    _plant()
    sys.argv = sys.argv[1:]
    runpy.run_module(f"stubs.{os.environ['SERVICE']}", run_name="__main__")
