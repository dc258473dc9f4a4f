"""The broker's part: its pacts are verified, and the results are published."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pytest

from seatrial.pytest_plugin import reporter
from seatrial.pytest_plugin.judgements import BROKER, Collect

if TYPE_CHECKING:
    from seatrial.pacts.broker import Broker
    from seatrial.pacts.broker.publication import BrokerSource, Release, Verified
    from seatrial.pacts.messages import Messages
    from seatrial.pacts.states import States

_OUTCOME = "seatrial_broker"
"""Where a report carries how an interaction of the broker's went, also from a worker."""


def pytest_configure(config: pytest.Config) -> None:
    """Take part in the run if a broker is named."""
    config.addinivalue_line("markers", "pact_source(source): the broker's pact of an interaction")
    if config.getoption("pact_broker") is not None:
        config.pluginmanager.register(BrokerPlugin(config), BROKER)


class BrokerPlugin:
    """Fetches pacts as the tests are collected, and publishes once all were run."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._verified: dict[str, Verified] = {}
        self._lines: list[str] = []

    def items(self, elsewhere: Mapping[str, str]) -> Collect:
        """Make the parameters of `pact_provider` from the broker's pacts.

        Args:
            elsewhere: the providers that run at addresses of their own.
        """
        from seatrial.pacts.broker import PactSelection
        from seatrial.pacts.broker.sourced import parameters

        option = self._config.getoption
        selection = PactSelection(
            tuple(option("pact_selector")), option("pact_branch"), option("pact_wip_since")
        )

        def collect(
            name: str,
            *,
            pacts: object = None,
            states: Sequence[States[Any]] = (),
            messages: Sequence[Messages[Any]] = (),
        ) -> list[Any]:
            with self._open() as broker:
                return parameters(
                    broker.pacts_for(name, selection),
                    name,
                    states=states,
                    messages=messages,
                    elsewhere=name in elsewhere,
                )

        return collect

    def _open(self) -> Broker:
        from seatrial.pacts.broker import Broker

        return Broker(self._config.getoption("pact_broker"))

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Let the report carry whose interaction it is; a pending one fails nothing."""
        report = yield
        mark = item.get_closest_marker("pact_source")
        if mark is None or (report.passed and report.when != "call"):
            return report
        source: BrokerSource = mark.args[0]
        error = call.excinfo.value if call.excinfo else None
        explanation = str(getattr(error, "explanation", error or ""))
        name = item.callspec.id  # type: ignore[attr-defined] # it has parameters
        # Plain values: a worker of pytest-xdist sends them.
        setattr(report, _OUTCOME, (source.as_values(), name, report.failed, explanation))
        if source.pending and report.failed:
            report.outcome = "skipped"
            report.wasxfail = f"reason: pending, and does not hold yet: {explanation}"
        return report

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take how an interaction went, in the end."""
        if hasattr(self._config, "workerinput") or not hasattr(report, _OUTCOME):
            return
        from seatrial.pacts.broker.publication import BrokerSource, Verified

        values, name, failed, explanation = getattr(report, _OUTCOME)
        source = BrokerSource(**values)
        verified = self._verified.setdefault(source.results_url, Verified(source))
        verified.add(name, "failed" if failed else report.outcome, explanation)

    @pytest.hookimpl(wrapper=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> Generator[None]:
        """Publish what was verified, if it is all there is, before the result is written."""
        number = self._config.getoption("pact_publish")
        if number is not None and not hasattr(self._config, "workerinput"):
            self._finish(session, number)
        return (yield)

    def _finish(self, session: pytest.Session, number: str) -> None:
        from seatrial.pacts.broker.publication import Release

        option = self._config.getoption
        release = Release(number, option("pact_branch"), option("pact_build_url"))
        problem = self._publish(release, session.exitstatus)
        outcome = "failed" if problem else "passed"
        explanation = problem or "; ".join(self._lines)
        found = self._config.pluginmanager.get_plugin(reporter.NAME)
        if found is not None:
            found.add_whole("published", option("pact_broker"), outcome, explanation)
        if problem:
            self._lines.append(f"ERROR {problem}")
            if session.exitstatus == pytest.ExitCode.OK:
                session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def _publish(self, release: Release, status: int) -> str | None:
        """Publish; returns why it was not done."""
        from seatrial.errors import SeatrialError
        from seatrial.pacts.broker.publication import publish, refusal

        found = list(self._verified.values())
        finished = status in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED)
        if problem := refusal(found, finished=finished):
            return problem
        try:
            with self._open() as broker:
                self._lines = publish(broker, found, release)
        except SeatrialError as error:
            return f"not all results were published: {error}"
        return None

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say what was published."""
        for line in self._lines:
            terminalreporter.write_line(line, red=line.startswith("ERROR"))
