"""Small providers that end with the test, and a small project of contract tests."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from .small_project import Project
from .small_system import Answering, serving


@pytest.fixture
def serve() -> Iterator[Callable[..., Answering]]:
    """Start providers that end with the test."""
    with ExitStack() as stack:
        yield lambda answers, **more: stack.enter_context(serving(Answering(answers, **more)))


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A team's own folder, with a consumer and a provider that keep their contract."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    return Project(pytester)
