"""All services of the reference system in one simulation, and a journey through all of them."""

from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import httpx
import pytest

from seatrial.config import Config, load_config
from seatrial.errors import InvalidRun, UsageError
from seatrial.faults import down
from seatrial.simulation import Simulation
from seatrial.virtual import VirtualSystem, virtual_system

T = TypeVar("T")
ROOT = Path(__file__).parents[3]
JOB = {"title": "Keep it", "description": "At noon.", "budget": 90_000, "currency": "EUR"}
PROPOSAL = {"coverLetter": "I can.", "bidAmount": 80_000, "bidType": "fixed", "deliveryTime": "now"}


def config() -> Config:
    return load_config(ROOT / "seatrial.toml", virtual=True)


async def post(
    client: httpx.AsyncClient, service: str, path: str, body: Mapping[str, Any]
) -> dict[str, Any]:
    answer = await client.post(f"http://{service}{path}", json=body)
    assert answer.is_success, (answer.status_code, answer.text)
    found: dict[str, Any] = answer.json()
    return found


async def hire(client: httpx.AsyncClient) -> tuple[str, str]:
    """Post a job, propose and accept; return both users."""
    company, va = [
        (await post(client, "user-service", "/users", user))["id"]
        for user in (
            {"email": "c@example.com", "role": "company", "name": "C"},
            {"email": "v@example.com", "role": "va", "name": "V"},
        )
    ]
    job = await post(client, "marketplace-service", "/jobs", {"companyId": company, **JOB})
    given = {"jobPostingId": job["id"], "userId": va, **PROPOSAL}
    proposal = await post(client, "marketplace-service", "/proposals", given)
    await post(client, "marketplace-service", f"/proposals/{proposal['id']}/accept", {})
    return company, va


async def pay(client: httpx.AsyncClient, payer: str, receiver: str) -> str:
    """Agree on a payment, process it, and return its end."""
    given = {"payerId": payer, "receiverId": receiver, "amount": 500, "currency": "EUR"}
    payment = await post(client, "payments-service", "/payments/intent", given)
    path = f"/payments/{payment['id']}/process"
    return str((await post(client, "payments-service", path, {}))["status"])


def run(main: Callable[[VirtualSystem, httpx.AsyncClient], Awaitable[T]]) -> T:
    """Run something with the whole system."""

    async def with_system(simulation: Simulation) -> T:
        async with (
            virtual_system(config(), ROOT, simulation) as system,
            httpx.AsyncClient(trust_env=False) as client,
        ):
            return await main(system, client)

    simulation = Simulation(seed=1)
    found = simulation.run(with_system(simulation))
    assert simulation.refused == []
    return found


def test_a_journey_through_all_services_is_seen_on_every_way() -> None:
    async def main(system: VirtualSystem, client: httpx.AsyncClient) -> tuple[str, set[Any]]:
        status = await pay(client, *await hire(client))
        used = [way for way, wire in system.wires.items() if await wire.journal()]
        return status, set(used)

    assert run(main) == (
        "succeeded",
        {
            ("marketplace-service", "user-service"),
            ("marketplace-service", "payments-service"),
            ("payments-service", "user-service"),
            ("payments-service", "acquirer"),
        },
    )


def test_a_fault_hits_one_way_alone() -> None:
    async def main(system: VirtualSystem, client: httpx.AsyncClient) -> tuple[int, str]:
        company, va = await hire(client)
        async with system.wires["marketplace-service", "user-service"].fault(down()):
            url = f"http://marketplace-service/users/{company}/card"
            cut = (await client.get(url)).status_code
            return cut, await pay(client, company, va)

    assert run(main) == (503, "succeeded")


def test_what_virtual_time_lacks_is_said_of_all_services_at_once() -> None:
    def without_app(name: str) -> Config:
        given = config()
        service = given.services[name].model_copy(update={"app": None})
        return given.model_copy(update={"services": {**given.services, name: service}})

    async def main(simulation: Simulation) -> None:
        async with virtual_system(without_app("acquirer"), ROOT, simulation):
            pass

    simulation = Simulation()
    with pytest.raises(UsageError, match=r"virtual time needs services\.acquirer\.app"):
        simulation.run(main(simulation))


def test_a_service_that_needs_a_thread_to_start_says_so_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "threaded.py").write_text(
        "import threading\n"
        "async def app(scope, receive, send):\n"
        "    await receive()\n"
        "    try:\n"
        "        threading.Thread(target=print).start()\n"
        "    except RuntimeError:\n"
        "        await send({'type': 'lifespan.startup.failed'})\n"
    )
    (tmp_path / "seatrial.toml").write_text("[services.shop]\napp = 'threaded:app'\n")

    async def start(simulation: Simulation) -> None:
        async with virtual_system(load_config(tmp_path / "seatrial.toml"), tmp_path, simulation):
            pass

    simulation = Simulation(seed=1)
    with pytest.raises(InvalidRun, match=r"services.shop: a thread .*threaded.py:5 in app"):
        simulation.run(start(simulation))
