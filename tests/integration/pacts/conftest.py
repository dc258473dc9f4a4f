"""Small providers that end with the test."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from .small_system import Answering, serving


@pytest.fixture
def serve() -> Iterator[Callable[..., Answering]]:
    """Start providers that end with the test."""
    with ExitStack() as stack:
        yield lambda answers, **more: stack.enter_context(serving(Answering(answers, **more)))
