"""The services in this process: user-service over a database of its own, without Redis."""

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from stubs.tracing import Tracer
from stubs.user.app import UserSettings, create_app


@pytest.fixture
def lines() -> list[str]:
    """Return what the service's tracer wrote."""
    return []


@pytest.fixture
async def user_app(database_url: str, lines: list[str]) -> AsyncIterator[FastAPI]:
    """user-service, running."""
    settings = UserSettings(database_url)
    app = create_app(settings, Tracer("user-service", lines.append))
    async with app.router.lifespan_context(app):
        yield app


@pytest.fixture
async def users(user_app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """A client of it."""
    transport = httpx.ASGITransport(user_app)
    async with httpx.AsyncClient(transport=transport, base_url="http://user-service") as client:
        yield client


def events(lines: list[str], name: str) -> list[dict[str, Any]]:
    """The lines of one event, read."""
    return [line for line in map(json.loads, lines) if line["event"] == name]
