"""Shared by commands: options, the configuration, extras, and names that are nearly right."""

import difflib
import shlex
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from seatrial.cli.environment import environment, load_average
from seatrial.config import CONFIG_NAME
from seatrial.errors import UsageError
from seatrial.extras import missing

if TYPE_CHECKING:
    from seatrial.config import Config
    from seatrial.results import Check, Result


class EngineChoice(StrEnum):
    """The engine that makes the faults."""

    AUTO = "auto"
    TOXIPROXY = "toxiproxy"
    EMBEDDED = "embedded"


ConfigOption = Annotated[
    Path, typer.Option("--config", help="The configuration file.", show_default=True)
]
JsonOption = Annotated[
    Path | None, typer.Option("--json", help="Write the machine-readable result here.")
]
JunitOption = Annotated[
    Path | None, typer.Option("--junit", help="Write a JUnit file here, as a CI shows it.")
]
ReportOption = Annotated[
    Path | None, typer.Option("--report", help="Write the HTML report to this folder.")
]
EngineOption = Annotated[
    EngineChoice, typer.Option("--engine", help="What makes the faults: the real server or ours.")
]
SeedOption = Annotated[
    int | None, typer.Option("--seed", min=0, help="Repeat a run; by default the file's.")
]
QuietOption = Annotated[
    bool, typer.Option("--quiet", "-q", help="Say only what is wrong; nothing if all is well.")
]
DEFAULT_CONFIG = Path(CONFIG_NAME)


@dataclass(frozen=True)
class Setting:
    """The configuration, its file, and when the command began."""

    config: "Config"
    path: Path
    seed: int
    started: datetime
    started_s: float
    load_average: float | None = field(default_factory=load_average)
    """As the command began."""

    @property
    def folder(self) -> Path:
        """The folder that the configuration stands in."""
        return self.path.resolve().parent

    @property
    def servers(self) -> tuple[str, ...]:
        """The extra with the servers, if a service asks for one of them."""
        services = self.config.services.values()
        needed = any(one.uses("redis") or one.uses("postgres") for one in services)
        return ("servers",) if needed else ()

    def result(
        self,
        command: str,
        checks: "Iterable[Check]",
        *,
        engine: str | None = None,
        figures: Mapping[str, float] | None = None,
        invalid: Iterable[str] = (),
        notes: Iterable[str] = (),
    ) -> "Result":
        """Make the result; something invalid outweighs what passed, never what failed."""
        from seatrial.cli.secrets import hidden
        from seatrial.results import Result, RunVerdict, judge

        checks, invalid = tuple(map(self._repeated, checks)), tuple(invalid)
        verdict = judge(checks)
        if invalid and verdict is not RunVerdict.FAILED:
            verdict = RunVerdict.INVALID
        found = Result(
            command=command,
            verdict=verdict,
            engine=engine,
            seed=self.seed,
            started=self.started,
            duration_s=round(time.monotonic() - self.started_s, 3),
            checks=checks,
            figures=dict(figures or {}),
            environment=environment(self.path, self.load_average),
            notes=(*(f"invalid: {reason}" for reason in invalid), *notes),
        )
        return hidden(found, self.config)

    def _repeated(self, check: "Check") -> "Check":
        """The check with a command that repeats it here: with this file and this seed."""
        given = {"--config": str(self.path), "--seed": str(self.seed)}
        usual = {"--config": str(DEFAULT_CONFIG), "--seed": str(self.config.seed)}
        words = [check.rerun]
        if check.rerun.startswith("seatrial "):
            words += [
                f"{option} {shlex.quote(value)}"
                for option, value in given.items()
                if value != usual[option] and option not in check.rerun
            ]
        return check.model_copy(update={"rerun": " ".join(words)})


def setting(path: Path, seed: int | None = None, *, virtual: bool = False) -> Setting:
    """Read the configuration, as it holds for processes and sockets or in virtual time.

    Raises:
        UsageError: it isn't there, or is wrong.
    """
    from seatrial.config import load_config
    from seatrial.plugins import load_plugins

    config = load_config(path, virtual=virtual)
    load_plugins(config.plugins, path.resolve().parent)
    return Setting(
        config,
        path,
        config.seed if seed is None else seed,
        datetime.now(UTC),
        time.monotonic(),
    )


def require(*extras: str) -> None:
    """Make sure that the packages of these extras are installed.

    Raises:
        UsageError: one is missing; the message says how to get it.
    """
    for extra in extras:
        if lacking := missing(extra):
            raise UsageError(
                f"this needs {', '.join(lacking)}, which is not installed: "
                f"pip install 'seatrial[{extra}]'"
            )


def known(kind: str, name: str, names: Iterable[str]) -> str:
    """The name, if there is such a thing.

    Raises:
        UsageError: there is none; the message has the nearest name, or all of them.
    """
    names = list(names)
    if name in names:
        return name
    nearest = difflib.get_close_matches(name, names, n=1)
    fix = f"did you mean {nearest[0]!r}?" if nearest else f"there is: {', '.join(names) or 'none'}"
    raise UsageError(f"there is no {kind} {name!r}; {fix}")
