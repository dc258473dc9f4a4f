"""Fixtures for all tests."""

import socket

import pytest
from hypothesis import settings

# The same examples in every run, and no deadline that a busy machine would miss.
# More of them: pytest --hypothesis-profile=default
settings.load_profile("ci")


@pytest.fixture
def free_port() -> int:
    """A port where nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
