"""Our options of pytest."""

from collections.abc import Sequence
from pathlib import Path

import pytest

_BROKER = (
    ("broker", "URL", "verify the pacts of this Pact Broker instead of the committed ones"),
    ("branch", "NAME", "the provider's branch; with it, pacts that are new to it are pending"),
    ("wip-since", "DATE", "verify also what no selector chooses, if made since then"),
    ("publish", "VERSION", "publish the results of a whole run as this provider version's"),
    ("build-url", "URL", "where the run in CI can be seen, to publish with the results"),
)
_REPEATED = (
    ("provider", "NAME=URL", "verify this provider where it already runs"),
    ("states", "NAME=URL", "the whole address that takes a running provider's state changes"),
    ("messages", "NAME=URL", "the whole address that makes a running provider send a message"),
    (
        "selector",
        "SELECTOR",
        "which of the broker's pacts: main-branch, deployed-or-released, branch=NAME, …",
    ),
)
_NEED_BROKER = ("pact_selector", "pact_wip_since", "pact_publish", "pact_build_url", "pact_branch")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Name our options; `pytest --help` lists them."""
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
        help="which engine makes the faults of tests with the fixture chaos_edge",
    )
    group.addoption(
        "--pact-update",
        action="store_true",
        help="write the committed pacts again from the consumers' cases; verifies no provider",
    )
    for name, metavar, text in _REPEATED:
        group.addoption(
            f"--pact-{name}",
            action="append",
            default=[],
            metavar=metavar,
            help=f"{text}; may be repeated",
        )
    for name, metavar, text in _BROKER:
        group.addoption(f"--pact-{name}", metavar=metavar, help=text)


def pytest_configure(config: pytest.Config) -> None:
    """Refuse options that don't fit together, before anything runs."""
    urls = addresses(config, "pact_provider")
    for option in ("pact_states", "pact_messages"):
        for name in addresses(config, option).keys() - urls.keys():
            raise pytest.UsageError(
                f"{spelt(option)} {name}=… needs --pact-provider {name}=URL as well"
            )
    _check_file(config.getoption("seatrial_json"))
    if config.getoption("pact_broker") is None:
        for option in _NEED_BROKER:
            if config.getoption(option):
                raise pytest.UsageError(f"{spelt(option)} needs --pact-broker URL as well")
    elif config.getoption("pact_update"):
        raise pytest.UsageError("--pact-update writes the committed pacts; leave --pact-broker out")


def _check_file(file: Path | None) -> None:
    if file is None:
        return
    if not file.parent.is_dir():
        raise pytest.UsageError(
            f"--seatrial-json {file}: there is no folder {file.parent}; make it"
        )
    for old in (file, file.with_suffix(".errors")):
        old.unlink(missing_ok=True)  # an old one must not be taken for this run's


def addresses(config: pytest.Config, option: str) -> dict[str, str]:
    """Parse `NAME=URL`, each at most once a name.

    Raises:
        pytest.UsageError: one isn't of that form.
    """
    found: dict[str, str] = {}
    for value in config.getoption(option):
        name, separator, url = value.partition("=")
        if not separator or not name or not url.startswith(("http://", "https://")):
            raise pytest.UsageError(f"{spelt(option)} {value}: write it as NAME=http://HOST:PORT")
        found[name] = url
    return found


def spelt(option: str) -> str:
    """An option as the command line has it."""
    return f"--{option.replace('_', '-')}"


def rerun_options(config: pytest.Config) -> Sequence[str]:
    """The options that a rerun needs as well."""
    several = ("pact_provider", "pact_states", "pact_messages", "pact_selector")
    single = ("pact_broker", "pact_branch", "pact_wip_since")
    given = [(option, value) for option in several for value in config.getoption(option)]
    given += [(option, value) for option in single if (value := config.getoption(option))]
    return [f"{spelt(option)}={value}" for option, value in given]
