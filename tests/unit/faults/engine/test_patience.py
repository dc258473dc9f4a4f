"""Half-sent requests to the API end; whole ones are answered."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import uvicorn

from seatrial.faults.engine.api import application
from seatrial.faults.engine.engine import EngineState
from seatrial.faults.engine.patience import PatientProtocol

WHOLE = b"GET /version HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n"


class Impatient(PatientProtocol):
    """Waits a tenth of a second."""

    head_s = 0.1


@pytest.fixture
async def port() -> AsyncIterator[int]:
    config = uvicorn.Config(
        application(EngineState(1)), http=Impatient, lifespan="off", log_config=None
    )
    config.load()
    state = uvicorn.Server(config).server_state
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Impatient(config, state, {}), "127.0.0.1", 0)
    yield server.sockets[0].getsockname()[1]
    server.close()


@pytest.mark.parametrize(
    "sent", [b"", b"GET /ver", b"GET /version HTTP/1.1\r\nhost: x", WHOLE + b"P"]
)
async def test_request_that_never_ends_loses_its_connection(port: int, sent: bytes) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(sent)
    async with asyncio.timeout(20):
        answer = await reader.read()
    assert answer.startswith(b"HTTP/1.1 200 ") == sent.startswith(WHOLE)
    writer.close()


async def test_connection_that_asks_again_in_time_is_kept(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for _ in range(3):
        writer.write(WHOLE)
        async with asyncio.timeout(20):
            head = await reader.readuntil(b"\r\n\r\n")
            await reader.readuntil(b"}\n")
        assert head.startswith(b"HTTP/1.1 200 ")
        await asyncio.sleep(0.15)  # idle after an answer, which is uvicorn's own to time
    writer.close()
