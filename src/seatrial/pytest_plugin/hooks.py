"""Our markers become parameters of tests, and each test's report carries what it found."""

from __future__ import annotations

from collections.abc import Generator

import pytest

from seatrial.pytest_plugin import reporter
from seatrial.pytest_plugin.judgements import JUDGEMENTS
from seatrial.pytest_plugin.options import addresses
from seatrial.pytest_plugin.stash import FOUND, MEASURED, PROVEN, contract_test

_ERRORS = pytest.StashKey[list[str]]()


def pytest_configure(config: pytest.Config) -> None:
    """Register the markers and the reporter."""
    for each in JUDGEMENTS:
        config.addinivalue_line("markers", f"{each.marker}{each.promise}, as `{each.parameter}`")
    config.addinivalue_line("markers", "contract(test): what a result says of a contract test")
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(reporter.Reporter(config), reporter.NAME)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Turn our markers into parameters; what is wrong with them is an error of collection."""
    for judgement in JUDGEMENTS:
        mark = metafunc.definition.get_closest_marker(judgement.marker)
        if mark is None:
            continue
        from seatrial.errors import SeatrialError, UsageError

        test = metafunc.definition.nodeid
        try:
            if judgement.parameter not in metafunc.fixturenames:
                raise UsageError(
                    f"{test}: the marker {judgement.marker} gives the test a parameter "
                    f"{judgement.parameter!r}, which it doesn't take; write "
                    f"def {metafunc.function.__name__}({judgement.parameter}, {judgement.fixture})"
                )
            found = judgement.parameters(test, mark, metafunc.config)
        except SeatrialError as error:
            # Reported with the file: raised from here, other plugins would warn of it.
            metafunc.config.stash.setdefault(_ERRORS, []).append(str(error))
            continue
        metafunc.parametrize(judgement.parameter, found)


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Fail the collection of a file with our sentences alone, without a traceback."""
    report = yield
    errors = collector.config.stash.get(_ERRORS, [])
    if errors:
        report.outcome = "failed"
        report.longrepr = "\n".join(dict.fromkeys(errors))
        report.result = []
        if file := collector.config.getoption("seatrial_json"):
            with file.with_suffix(".errors").open("a", encoding="utf-8") as sentences:
                sentences.write(report.longrepr + "\n")
        errors.clear()
    return report


def pytest_collection_finish(session: pytest.Session) -> None:
    """Refuse an address for a provider that no test verifies: it would be taken for verified."""
    verified = {
        record.provider
        for item in session.items
        if (record := contract_test(item)) is not None and record.kind == "provider"
    }
    for name in addresses(session.config, "pact_provider"):
        if verified and name not in verified:
            raise pytest.UsageError(
                f"--pact-provider {name}=…: no test verifies {name} "
                f"(known: {', '.join(sorted(verified))}); fix the name"
            )


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Fail a contract test that proved nothing, and let the report carry what it found."""
    report = yield
    record = contract_test(item)
    if record is None and item.config.getoption("seatrial_json") is None:
        return report
    if report.passed and report.when != "call":
        return report  # it says nothing of the test itself, which may never come to its call
    from seatrial.errors import SeatrialError
    from seatrial.pacts.failures import ContractBroken
    from seatrial.pacts.findings import describe

    if record and report.passed and not item.stash.get(PROVEN, False):
        report.outcome = "failed"
        report.longrepr = (
            "This test passed without proving anything: call its fixture "
            f"({', '.join(each.fixture for each in JUDGEMENTS)}) with its parameter."
        )
    error = call.excinfo.value if call.excinfo else None
    if call.excinfo and isinstance(error, ContractBroken | SeatrialError):
        report.longrepr = call.excinfo.getrepr(style="value", chain=False)
    setattr(report, FOUND, describe(record, report, error, item.stash.get(MEASURED, None)))
    return report
