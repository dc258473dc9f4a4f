"""The broker's part of the pytest plugin: its pacts are verified, and how that went is published.

Like `seatrial.pytest_plugin`, which loads it, it imports nothing of ours before it is asked for.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from seatrial.pacts.broker import Broker
    from seatrial.pacts.broker.publication import BrokerSource, Release, Verified

NAME = "seatrial-broker"
_TOLD = "seatrial_broker"
"""Where a report carries how an interaction of the broker's went, also from a worker."""
_NEED_BROKER = ("selector", "wip_since", "publish", "build_url", "branch")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Name our options."""
    group = parser.getgroup("seatrial")
    for name, metavar, text in (
        ("broker", "URL", "verify the pacts of this Pact Broker instead of the committed ones"),
        ("branch", "NAME", "the provider's branch; with it, pacts that are new to it are pending"),
        ("wip-since", "DATE", "verify also what no selector chooses, if made since then"),
        ("publish", "VERSION", "publish the results of a whole run as this provider version's"),
        ("build-url", "URL", "where the run in CI can be seen, to publish with the results"),
    ):
        group.addoption(f"--pact-{name}", metavar=metavar, help=text)
    group.addoption(
        "--pact-selector",
        action="append",
        default=[],
        metavar="SELECTOR",
        help="main-branch, deployed-or-released, branch=NAME, environment=NAME, …; may be repeated",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Take part in the run if a broker is named."""
    config.addinivalue_line("markers", "pact_source(source): the broker's pact of an interaction")
    if config.getoption("pact_broker") is None:
        for name in _NEED_BROKER:
            if config.getoption(f"pact_{name}"):
                option = f"--pact-{name.replace('_', '-')}"
                raise pytest.UsageError(f"{option} needs --pact-broker URL beside it")
        return
    if config.getoption("pact_update"):
        raise pytest.UsageError("--pact-update writes the committed pacts; leave --pact-broker out")
    config.pluginmanager.register(BrokerPlugin(config), NAME)


class BrokerPlugin:
    """Fetches pacts as the tests are collected, and publishes once all were run."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._verified: dict[str, Verified] = {}
        self._lines: list[str] = []

    def items(self, name: str, *, pacts: object = None, **given: Any) -> list[Any]:
        """Parameters for `pact_provider`, of the broker's pacts.

        Args:
            name: the provider.
            pacts: the folder of the committed ones, which aren't read.
            given: what else the marker says.

        Raises:
            UsageError: the broker can't be asked, or has none.
        """
        from seatrial.pacts.broker import PactSelection
        from seatrial.pacts.broker.sourced import parameters

        option = self._config.getoption
        choice = PactSelection(
            tuple(option("pact_selector")), option("pact_branch"), option("pact_wip_since")
        )
        with self._open() as broker:
            return parameters(broker.pacts_for(name, choice), name, **given)

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
        setattr(report, _TOLD, (source.told(), name, report.failed, explanation))
        if source.pending and report.failed:
            report.outcome = "skipped"
            report.wasxfail = f"reason: pending, and does not hold yet: {explanation}"
        return report

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take how an interaction went, in the end."""
        if hasattr(self._config, "workerinput") or not hasattr(report, _TOLD):
            return
        from seatrial.pacts.broker.publication import BrokerSource, Verified

        told, name, failed, explanation = getattr(report, _TOLD)
        source = BrokerSource(**told)
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
        reporter = self._config.pluginmanager.get_plugin("seatrial-reporter")
        if reporter is not None:
            reporter.tell("published", option("pact_broker"), outcome, explanation)
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
