"""`datetime.now()` follows the virtual clock, and its results are plain datetimes."""

# ruff: noqa: DTZ001, DTZ002, DTZ005, DTZ007, S301 - what is called is what is tested

import asyncio
import copy
import datetime as real_module
import functools
import json
import pickle
from datetime import UTC

import fastapi
import httpx
import pydantic
import pytest
import sqlalchemy

from seatrial.simulation import Simulation, serve_asgi

FIRST = real_module.datetime(2026, 1, 1, tzinfo=UTC)


def real() -> type[real_module.datetime]:
    """Return the class that is replaced."""
    return type(FIRST)


def test_now_follows_the_clock(sim: Simulation) -> None:
    async def main() -> None:
        from datetime import datetime

        assert datetime.now(UTC) == FIRST
        await asyncio.sleep(3600)
        assert datetime.now(UTC) - FIRST == real_module.timedelta(hours=1)
        assert datetime.now(UTC).timestamp() == pytest.approx(datetime.now().timestamp())
        assert datetime.today() == datetime.now()

    sim.run(main())
    assert real_module.datetime is real()


def test_what_it_makes_is_plain(sim: Simulation) -> None:
    with sim:
        from datetime import datetime

        made = [
            datetime.now(UTC),
            datetime(2026, 1, 1),
            datetime.fromisoformat("2026-01-01T00:00:00+00:00"),
            datetime.strptime("2026", "%Y"),
            datetime.fromtimestamp(0, UTC),
            datetime.combine(real_module.date(2026, 1, 1), real_module.time()),
            copy.deepcopy(datetime.now(UTC)),
            pickle.loads(pickle.dumps(datetime.now(UTC))),
        ]
        assert {type(one) for one in made} == {real()}


def test_it_passes_for_the_real_class(sim: Simulation) -> None:
    with sim:
        from datetime import datetime

        assert isinstance(FIRST, datetime)
        assert not isinstance(real_module.date(2026, 1, 1), datetime)
        assert issubclass(real(), datetime)
        assert {real(): 1}[datetime] == {datetime: 1}[real()] == 1
        assert datetime not in {int: 1, str: 2}

        class Later(datetime):
            """A class of the application's own."""

        assert isinstance(Later(2026, 1, 1), Later)
        assert not isinstance(FIRST, Later)

        @functools.singledispatch
        def kind(value: object) -> str:
            return "object"

        @kind.register
        def _(value: datetime) -> str:
            return "datetime"

        assert kind(FIRST) == "datetime"


def test_pydantic_and_fastapi_know_it(sim: Simulation) -> None:
    with sim:
        from datetime import datetime

        class Event(pydantic.BaseModel):
            at: datetime
            until: datetime | None = None

        app = fastapi.FastAPI()

        @app.post("/events")
        async def post(event: Event, since: datetime) -> list[datetime]:
            return [event.at, since, datetime.now(UTC)]

        @app.get("/raw")
        async def raw() -> fastapi.responses.JSONResponse:
            return fastapi.responses.JSONResponse(
                fastapi.encoders.jsonable_encoder({"at": datetime.now(UTC)})
            )

        async def main() -> None:
            async with (
                serve_asgi(app, "events", 80),
                httpx.AsyncClient(base_url="http://events") as client,
            ):
                at = "2026-01-01T00:00:00Z"
                answer = await client.post("/events", json={"at": at}, params={"since": at})
                assert answer.json()[:2] == [at, at]
                assert (await client.get("/raw")).json()["at"].startswith("2026-01-01T00:00:00.")

        sim.run(main())
        assert json.loads(Event(at=datetime.now(UTC)).model_dump_json())["until"] is None


def test_a_database_stores_it(sim: Simulation) -> None:
    with sim:
        from datetime import datetime

        table = sqlalchemy.Table(
            "events", sqlalchemy.MetaData(), sqlalchemy.Column("at", sqlalchemy.DateTime)
        )
        engine = sqlalchemy.create_engine("sqlite://")
        with engine.begin() as connection:
            table.create(connection)
            connection.execute(table.insert(), {"at": datetime(2026, 1, 1)})
            assert connection.execute(table.select()).scalar_one() == datetime(2026, 1, 1)
        engine.dispose()
