"""A run keeps what it found, however odd that is and however it ends."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from schemathesis.engine import Status, events

from tests.fuzz import checks, running
from tests.fuzz.running import Run, run


class OddCase(SimpleNamespace):
    """A case that can't be written as a command."""

    def as_curl_command(self) -> str:
        """Fail, as some of what fuzzing makes does."""
        raise ValueError("Invalid IPv6 URL")


def finding() -> Any:
    """One failed check of an odd case."""
    case = OddCase(
        operation=SimpleNamespace(label="POST /users"),
        method="POST",
        path="/users",
        path_parameters={},
        query={},
        headers={},
        body={"avatar": "http://["},
    )
    failure = SimpleNamespace(title="Undocumented", message="a 500")
    check = SimpleNamespace(
        status=Status.FAILURE, name="odd", failure_info=SimpleNamespace(failure=failure)
    )
    recorder = SimpleNamespace(
        interactions={"1": SimpleNamespace(response=SimpleNamespace(status_code=500))},
        cases={"1": SimpleNamespace(value=case)},
        checks={"1": [check]},
    )
    event = object.__new__(events.ScenarioFinished)
    object.__setattr__(event, "recorder", recorder)
    return event


def test_a_finding_too_odd_for_a_command_is_told_all_the_same() -> None:
    done = Run()
    done.take(finding())
    [failure] = done.failures
    assert "a 500" in failure
    assert "'avatar': 'http://['" in failure


def test_a_run_that_breaks_off_keeps_what_it_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> Iterator[Any]:
        yield finding()
        raise ValueError("Invalid IPv6 URL")

    monkeypatch.setattr(running, "from_schema", lambda _: SimpleNamespace(execute=lambda: broken()))
    done = run(lambda: None)
    assert done.cases == len(done.failures) == 1
    assert done.errors == ["the run ended early, after 1 cases: ValueError('Invalid IPv6 URL')"]


def test_a_document_that_cannot_be_loaded_is_an_error_of_the_run() -> None:
    def load() -> Any:
        raise OSError("refused")

    assert run(load).errors == ["the run ended early, after 0 cases: OSError('refused')"]


def test_an_id_that_a_link_brought_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "SEEDED", {"payment_id": ["seeded"]})
    case: Any = SimpleNamespace(path_parameters={}, body=None)
    for made in (str(UUID(int=number)) for number in range(20)):
        case.path_parameters = {"payment_id": made}
        checks._name_what_is_there(case)
        assert case.path_parameters == {"payment_id": made}
