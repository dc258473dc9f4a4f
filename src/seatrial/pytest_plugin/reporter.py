"""The findings of all tests of a run, in the process that talks to the user."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from seatrial.pytest_plugin.options import rerun_options
from seatrial.pytest_plugin.stash import FOUND

if TYPE_CHECKING:
    from seatrial.pacts.findings import Findings

NAME = "seatrial-reporter"


class Reporter:
    """Collects what all tests found, in the process that talks to the user."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._findings: Findings | None = None

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take what a report carries."""
        found = getattr(report, FOUND, None)
        if found is not None:
            self._collecting().add(report.nodeid, found)

    def add_whole(self, kind: str, subject: str, outcome: str, explanation: str) -> None:
        """Take what is true of the run as a whole."""
        self._collecting().add_whole(kind, subject, outcome, explanation)

    def _collecting(self) -> Findings:
        if self._findings is None:
            from seatrial.pacts.findings import Findings

            self._findings = Findings(rerun_options(self._config))
        return self._findings

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Fail a run that verified nothing of a provider, and write the result."""
        if self._findings is None:
            return
        if self._findings.unverified() and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
        file = self._config.getoption("seatrial_json")
        if file is not None:
            self._findings.write(file, session.exitstatus)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say what was not verified."""
        if self._findings is None:
            return
        from seatrial.pacts.findings import nothing_verified

        for name in self._findings.unverified():
            terminalreporter.write_line(f"ERROR {nothing_verified(name)}", red=True)
        if strength := self._findings.strength():
            terminalreporter.write_line(strength)
