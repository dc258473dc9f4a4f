"""SIGTERM: what was begun is answered, what was answered is kept, and what waited is sent later."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from redis import Redis

from seatrial.system import Process, Session, Valkey, start_valkey
from tests.integration.stubs.reference import ROOT, eventually, start_user


@pytest.fixture
def session() -> Iterator[Session]:
    with Session(grace_s=20) as session:
        yield session


@pytest.fixture
def http() -> Iterator[httpx.Client]:
    with httpx.Client(trust_env=False, timeout=30) as client:
        yield client


def stream_ids(valkey: Valkey) -> list[str]:
    """The users of the events in the stream, in order."""
    with Redis.from_url(valkey.url) as redis:
        entries = redis.xrange("user.events")
    return [
        fields[b"event"].split(b'"userId":"')[1].split(b'"')[0].decode() for _, fields in entries
    ]


def test_every_answered_change_outlives_the_end_and_every_request_has_its_answer_or_none_at_all(
    session: Session, http: httpx.Client
) -> None:
    valkey = start_valkey(session)
    process = start_user(session, valkey)
    url = process.wait_listening()["url"]
    made: list[str] = []
    broken: list[str] = []

    def work(number: int) -> None:
        with httpx.Client(trust_env=False, timeout=30) as own:
            for turn in range(10_000):
                body = {"email": f"{number}-{turn}@stop", "role": "va"}
                try:
                    answer = own.post(f"{url}/users", json=body)
                except httpx.ConnectError:
                    return  # nobody takes requests any more
                except (httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError):
                    continue  # an idle connection, closed just as it was used
                if answer.status_code == 201:
                    made.append(answer.json()["id"])
                else:
                    broken.append(answer.text)

    with ThreadPoolExecutor(4) as pool:
        working = [pool.submit(work, number) for number in range(4)]
        eventually(lambda: len(made) > 40)
        process.stop(grace_s=20)
        for each in working:
            each.result()
    assert process.returncode == 0
    assert broken == []
    again = start_user(session, valkey)
    url = again.wait_listening()["url"]
    assert all(http.get(f"{url}/users/{user_id}").status_code == 200 for user_id in made)
    # Nothing was done for a request that had no answer.
    eventually(lambda: set(made) <= set(stream_ids(valkey)))
    assert set(made) == set(stream_ids(valkey))


def test_events_that_redis_did_not_take_are_sent_after_the_next_start(
    session: Session, http: httpx.Client
) -> None:
    valkey = start_valkey(session)
    process = start_user(session, valkey)
    url = process.wait_listening()["url"]
    valkey.process.pause()
    body = {"email": "a@stop", "role": "va"}
    user_id = http.post(f"{url}/users", json=body).json()["id"]
    began_s = time.monotonic()
    process.stop(grace_s=20)
    assert process.returncode == 0
    assert time.monotonic() - began_s < 15
    valkey.process.resume()
    start_user(session, valkey).wait_listening()
    eventually(lambda: user_id in stream_ids(valkey))


def _payments(session: Session, users: str, acquirer: str) -> Process:
    return session.start(
        "payments-service",
        ["python", "-m", "stubs.payments"],
        env={
            "DATABASE_URL": f"sqlite:///{session.dir}/payments.sqlite",
            "ACQUIRER_URL": acquirer,
            "USER_SERVICE_URL": users,
        },
        cwd=ROOT,
    )


def test_a_charge_in_flight_is_answered_before_payments_service_stops(
    session: Session, http: httpx.Client
) -> None:
    valkey = start_valkey(session)
    user = start_user(session, valkey)
    acquirer = session.start(
        "acquirer",
        ["python", "-m", "stubs.acquirer"],
        env={"DATABASE_URL": f"sqlite:///{session.dir}/acquirer.sqlite", "ACQUIRER_SLOW_S": "1.5"},
        cwd=ROOT,
    )
    users = user.wait_listening()["url"]
    process = _payments(session, users, acquirer.wait_listening()["url"])
    url = process.wait_listening()["url"]
    payer, receiver = (
        http.post(f"{users}/users", json={"email": f"{name}@stop", "role": "va"}).json()["id"]
        for name in ("payer", "receiver")
    )
    body = {"payerId": payer, "receiverId": receiver, "amount": 100, "currency": "EUR"}
    intent = http.post(f"{url}/payments/intent", json={**body, "paymentMethod": "pm_slow"})
    path = f"{url}/payments/{intent.json()['id']}/process"
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(httpx.post, path, trust_env=False, timeout=30)
        eventually(lambda: f"/payments/{intent.json()['id']}/process" in process.tail(50))
        process.stop(grace_s=20)
        assert answer.result().json()["status"] == "succeeded"
    assert process.returncode == 0
