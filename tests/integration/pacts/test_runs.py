"""The contract tests as a run of their own."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from seatrial.errors import InvalidRun, UsageError
from seatrial.pacts import run_contracts
from seatrial.results import Verdict
from seatrial.system import Session

from .small_project import Project
from .small_system import Answering


@pytest.fixture(autouse=True)
def _committed(project: Project, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A project that isn't the current folder, with our plugin and no other."""
    project.write_pact()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTEST_PLUGINS", "seatrial.pytest_plugin")


@pytest.fixture
def session() -> Iterator[Session]:
    """Ends with the test, and all its processes with it."""
    with Session() as session:
        yield session


def test_a_run_gives_its_checks_and_tells_its_progress(session: Session, project: Project) -> None:
    told: list[str] = []
    checks = run_contracts(session, folder=project.contracts, progress=told.append).checks
    assert [check.id for check in checks] == [
        "contract.consumer",
        "contract.consumer",
        "contract.committed",
        "contract.provider",
        "contract.provider",
    ]
    assert {check.verdict for check in checks} == {Verdict.PASSED}
    assert told[-1] == "contracts/test_all.py::test_provider[web-get nobody] passed"
    assert len(told) == 5


def test_a_provider_elsewhere_is_passed_on(
    session: Session, project: Project, serve: Callable[..., Answering]
) -> None:
    running = serve({})  # knows nobody, and its states do nothing
    states = {"user-service": running.url + "/states"}
    checks = run_contracts(
        session, folder=project.contracts, providers={"user-service": running.url}, states=states
    ).checks
    failed = {check.subject for check in checks if check.verdict is Verdict.FAILED}
    assert failed == {"web → user-service: get a user (a user exists)"}


def test_tests_that_can_not_be_collected_are_a_usage_error(
    session: Session, project: Project
) -> None:
    project.pact.write_text("{")
    with pytest.raises(UsageError) as raised:
        run_contracts(session, folder=project.contracts)
    assert "not a whole JSON document" in str(raised.value)
    assert "\n" not in str(raised.value)


def test_no_tests_are_a_usage_error(session: Session, project: Project) -> None:
    (project.contracts / "test_all.py").unlink()
    with pytest.raises(UsageError, match="status 5"):
        run_contracts(session, folder=project.contracts)


def test_a_run_that_breaks_off_is_invalid(session: Session, project: Project) -> None:
    project.change("test_all.py", "    pact_compare(cases)", "    pytest.exit('enough', 2)")
    with pytest.raises(InvalidRun, match="did not finish"):
        run_contracts(session, folder=project.contracts)


def test_a_run_that_dies_is_a_usage_error_with_its_last_lines(
    session: Session, project: Project
) -> None:
    project.change("test_all.py", "    pact_compare(cases)", "    import os; os._exit(9)")
    with pytest.raises(UsageError, match="status 9") as raised:
        run_contracts(session, folder=project.contracts)
    assert "test_consumer" in str(raised.value)


def test_a_folder_that_is_not_there_is_told(session: Session, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="contracts is not there"):
        run_contracts(session, folder=tmp_path / "no" / "contracts")
