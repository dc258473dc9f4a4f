"""The pytest plugin: `pytest contracts` with what the reports need.

It is loaded wherever the package is installed, so it imports nothing of ours before a test asks for
it, and its options begin with a name of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from seatrial.pytest_stash import MEASURED, PROVEN

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager

    from seatrial.pacts.book import Book
    from seatrial.pacts.cases import AnyCase
    from seatrial.pacts.findings import Findings
    from seatrial.pacts.interactions import Interaction
    from seatrial.pacts.items import ContractTest
    from seatrial.pacts.providers import Providers
    from seatrial.wires import Wire, Wires

pytest_plugins = ("seatrial.pytest_broker", "seatrial.pytest_measures")
_MARKERS = (
    "pact_consumer(cases): one test a case, as `case`",
    "pact_committed(cases, pacts): one test a pair of consumer and provider, as `cases`",
    "pact_provider(name, pacts, states, messages): one test an interaction, as `interaction`",
    "pact_strength(cases, waivers): one test a case, as `case`",
    "pact_documented(pacts, openapi): one test a provider, its requests as `interactions`",
    "contract(record): what a result says of the test; set by the five above",
)
_PARAMETERS = {
    "pact_consumer": "case",
    "pact_committed": "cases",
    "pact_provider": "interaction",
    "pact_strength": "case",
    "pact_documented": "interactions",
}
_ERRORS = pytest.StashKey[list[str]]()
_TOLD = "seatrial_contract"
"""Where a report carries what its test found, also from a worker of pytest-xdist."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Name our options; they are documented here and in `pytest --help`."""
    group = parser.getgroup("seatrial", "contracts between services (seatrial)")
    group.addoption(
        "--seatrial-json",
        type=Path,
        metavar="FILE",
        help="write what the contract tests found, as Seatrial's JSON",
    )
    group.addoption(
        "--seatrial-engine",
        choices=("auto", "toxiproxy", "embedded"),
        default="auto",
        help="what makes the faults of tests with the fixture chaos_edge",
    )
    group.addoption(
        "--pact-provider",
        action="append",
        default=[],
        metavar="NAME=URL",
        help="verify this provider where it already told; may be repeated",
    )
    group.addoption(
        "--pact-states",
        action="append",
        default=[],
        metavar="NAME=URL",
        help="the whole address that takes the state changes of a provider that already told",
    )
    group.addoption(
        "--pact-messages",
        action="append",
        default=[],
        metavar="NAME=URL",
        help="the whole address that makes a provider that already told send a message",
    )
    group.addoption(
        "--pact-update",
        action="store_true",
        help="write the committed pacts anew from the consumers' cases; verifies no provider",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Register the markers, and read the options before anything told."""
    for marker in _MARKERS:
        config.addinivalue_line("markers", marker)
    urls = _addresses(config, "pact_provider")
    for option in ("pact_states", "pact_messages"):
        for name in _addresses(config, option).keys() - urls.keys():
            raise pytest.UsageError(
                f"{_spelt(option)} {name}=… needs --pact-provider {name}=URL beside it"
            )
    file = config.getoption("seatrial_json")
    if file is not None and not file.parent.is_dir():
        raise pytest.UsageError(
            f"--seatrial-json {file}: there is no folder {file.parent}; make it"
        )
    if file is not None:
        for old in (file, file.with_suffix(".errors")):
            old.unlink(missing_ok=True)  # an old one must not be taken for this run's
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(_Reporter(config), "seatrial-reporter")


def _addresses(config: pytest.Config, option: str) -> dict[str, str]:
    """Parse `NAME=URL`, each at most once a name."""
    found: dict[str, str] = {}
    for value in config.getoption(option):
        name, separator, url = value.partition("=")
        if not separator or not name or not url.startswith(("http://", "https://")):
            raise pytest.UsageError(f"{_spelt(option)} {value}: write it as NAME=http://HOST:PORT")
        found[name] = url
    return found


def _spelt(option: str) -> str:
    return f"--{option.replace('_', '-')}"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Turn our markers into parameters; what is wrong with them is an error of collection."""
    for marker, parameter in _PARAMETERS.items():
        mark = metafunc.definition.get_closest_marker(marker)
        if mark is not None:
            metafunc.parametrize(parameter, _parameters(marker, mark, metafunc.config))


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


def _parameters(marker: str, mark: pytest.Mark, config: pytest.Config) -> list[Any]:
    from seatrial.errors import SeatrialError
    from seatrial.pacts import items

    try:
        if marker == "pact_consumer":
            return items.consumer(*mark.args, **mark.kwargs)
        if marker == "pact_committed":
            return items.committed(*mark.args, **mark.kwargs)
        if config.getoption("pact_update"):
            return []  # what is verified is what was committed, so that comes first
        if marker == "pact_strength":
            return items.strength(*mark.args, **mark.kwargs)
        if marker == "pact_documented":
            return items.documented(*mark.args, **mark.kwargs)
        elsewhere = mark.args[0] in _addresses(config, "pact_provider")
        broker = config.pluginmanager.get_plugin("seatrial-broker")
        take = items.provider if broker is None else broker.items
        return list(take(*mark.args, **mark.kwargs, elsewhere=elsewhere))
    except SeatrialError as error:
        # Reported when the file's report is made: raised from here, other plugins would warn of it.
        config.stash.setdefault(_ERRORS, []).append(str(error))
        return []


def pytest_collection_finish(session: pytest.Session) -> None:
    """Refuse an address for a provider that no test verifies: it would be taken for verified."""
    verified = {
        record.provider
        for item in session.items
        if (record := _record(item)) is not None and record.kind == "provider"
    }
    for name in _addresses(session.config, "pact_provider"):
        if verified and name not in verified:
            raise pytest.UsageError(
                f"--pact-provider {name}=…: no test verifies {name} "
                f"(known: {', '.join(sorted(verified))}); mend the name"
            )


def _record(item: pytest.Item) -> ContractTest | None:
    mark = item.get_closest_marker("contract")
    return None if mark is None else mark.args[0]


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Fail a contract test that proved nothing, and let the report carry what it found."""
    report = yield
    record = _record(item)
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
            "This test passed without proving anything: call the fixture pact_exercise, "
            "pact_verify, pact_compare, pact_judge or pact_document with its parameter."
        )
    error = call.excinfo.value if call.excinfo else None
    if call.excinfo and isinstance(error, ContractBroken | SeatrialError):
        report.longrepr = call.excinfo.getrepr(style="value", chain=False)
    setattr(report, _TOLD, describe(record, report, error, item.stash.get(MEASURED, None)))
    return report


class _Reporter:
    """Collects what all tests found, in the process that talks to the user."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._findings: Findings | None = None

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take what a report carries."""
        told = getattr(report, _TOLD, None)
        if told is not None:
            self._collecting().add(report.nodeid, told)

    def tell(self, kind: str, subject: str, outcome: str, explanation: str) -> None:
        """Take what is true of the run as a whole."""
        self._collecting().add_whole(kind, subject, outcome, explanation)

    def _collecting(self) -> Findings:
        if self._findings is None:
            from seatrial.pacts.findings import Findings

            self._findings = Findings(_repeat_options(self._config))
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
        if told := self._findings.strength():
            terminalreporter.write_line(told)


def _repeat_options(config: pytest.Config) -> list[str]:
    several = ("pact_provider", "pact_states", "pact_messages", "pact_selector")
    single = ("pact_broker", "pact_branch", "pact_wip_since")
    given = [(option, value) for option in several for value in config.getoption(option)]
    given += [(option, value) for option in single if (value := config.getoption(option))]
    return [f"{_spelt(option)}={value}" for option, value in given]


@pytest.fixture(scope="session")
def pact_provider_commands() -> Mapping[str, Sequence[str]]:
    """The commands that start the providers, each by its name; define your own in conftest.py.

    When it is ready, a command prints one line `{"event": "listening", "data": {"url": …,
    "statesUrl": …, "messagesUrl": …}}`, the latter two being the whole addresses that take Pact's
    state changes and make it send a message. It ends at SIGTERM.
    """
    return {}


@pytest.fixture(scope="session")
def pact_providers(
    request: pytest.FixtureRequest,
    pytestconfig: pytest.Config,
    pact_provider_commands: Mapping[str, Sequence[str]],
) -> Iterator[Providers]:
    """The providers of this run, started once, side by side, when the first is asked for."""
    from seatrial.pacts.providers import Providers

    urls = _addresses(pytestconfig, "pact_provider")
    with Providers(
        urls=urls,
        states_urls=_addresses(pytestconfig, "pact_states"),
        messages_urls=_addresses(pytestconfig, "pact_messages"),
        commands=pact_provider_commands,
    ) as providers:
        records = map(_record, request.session.items)
        providers.begin({each.provider for each in records if each and each.kind == "provider"})
        yield providers


@pytest.fixture(scope="session")
def pact_book() -> Book:
    """What the consumers' cases produced in this run."""
    from seatrial.pacts.book import Book

    return Book()


@pytest.fixture
def pact_exercise(request: pytest.FixtureRequest, pact_book: Book) -> Callable[[AnyCase], None]:
    """Exercise a case: the consumer's real client against a provider as the case describes it."""

    def exercise(case: AnyCase) -> None:
        pact_book.exercise(case)
        request.node.stash[PROVEN] = True

    return exercise


@pytest.fixture
def pact_verify(
    request: pytest.FixtureRequest, pact_providers: Providers
) -> Callable[[Interaction], None]:
    """Hold the running provider to an interaction; skip one for which an address is missing."""

    def verify(interaction: Interaction) -> None:
        if missing := pact_providers.lacks(interaction):
            pytest.skip(missing)
        pact_providers.verify(interaction)
        request.node.stash[PROVEN] = True

    return verify


@pytest.fixture
def pact_compare(
    request: pytest.FixtureRequest, pact_book: Book
) -> Callable[[Sequence[AnyCase]], None]:
    """Hold the committed pact of a pair against what its cases produce, or write it anew."""
    from seatrial.pacts import committed

    mark = request.node.get_closest_marker("pact_committed")
    if mark is None:
        pytest.fail("pact_compare needs the marker pact_committed, which names the folder")

    def compare(cases: Sequence[AnyCase]) -> None:
        path = mark.kwargs["pacts"] / cases[0].pair.file_name
        produced = pact_book.pact(cases)
        if request.config.getoption("pact_update"):
            committed.update(produced, path)
        committed.compare(produced, path)
        request.node.stash[PROVEN] = True

    return compare


@pytest.fixture(scope="session")
def chaos_wires(pytestconfig: pytest.Config) -> Iterator[Wires]:
    """The engine of this run's own chaos tests, opened when a test first asks for a wire."""
    from seatrial.errors import SeatrialError
    from seatrial.extras import missing

    if lacking := missing("chaos"):
        pytest.fail(
            f"chaos_edge needs {', '.join(lacking)}: pip install 'seatrial[chaos]'", pytrace=False
        )
    from seatrial.wires import open_wires

    try:
        opened = open_wires(pytestconfig.getoption("seatrial_engine"))
        with opened as wires:
            yield wires
    except SeatrialError as error:
        pytest.fail(str(error), pytrace=False)


@pytest.fixture
def chaos_edge(chaos_wires: Wires) -> Callable[..., AbstractAsyncContextManager[Wire]]:
    """A wire before a provider at a URL, on which faults can be made.

    In `async with chaos_edge("http://127.0.0.1:3001") as edge:` the caller reaches the provider at
    `edge.url`; `async with edge.fault(down()):` makes a fault for the time of a block, and `await
    edge.journal()` tells what reached the provider.
    """
    return chaos_wires.edge
