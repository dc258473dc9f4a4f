"""What the client says of a tap that doesn't answer."""

import httpx
import pytest

from seatrial.errors import InvalidRun
from seatrial.tap import TapClient


async def test_a_tap_that_takes_too_long_is_said_to_although_the_error_has_no_text(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def late(*_: object, **__: object) -> httpx.Response:
        raise httpx.ReadTimeout("")

    async with TapClient("http://127.0.0.1:1") as client:
        monkeypatch.setattr(httpx.AsyncClient, "request", late)
        with pytest.raises(InvalidRun, match=r"doesn't answer GET /journal: ReadTimeout$"):
            await client.journal()
