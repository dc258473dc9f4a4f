"""Runs Schemathesis' engine on one service and counts what it did."""

import tomllib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import schemathesis
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import Status, events, from_schema

CONFIG = Path(__file__).parents[2] / "schemathesis.toml"


@dataclass
class Run:
    """The results of one run.

    Attributes:
        cases: requests that were made up and judged.
        answers: how often each status was answered, by operation.
        failures: every different failure, in words, with the request that shows it.
        errors: what kept the run from judging something.
    """

    cases: int = 0
    answers: dict[str, Counter[int]] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def take(self, event: Any) -> None:
        """Count an event of the engine."""
        if isinstance(event, events.ScenarioFinished):
            self._count(event.recorder)
        elif isinstance(event, events.NonFatalError):
            self.errors.append(f"{event.label}: {event.value}")
        elif isinstance(event, events.FatalError):
            self.errors.append(str(event.exception))

    def add(self, other: "Run") -> None:
        """Count another run's with this one's."""
        self.cases += other.cases
        for label, statuses in other.answers.items():
            self.answers.setdefault(label, Counter()).update(statuses)
        self.failures += other.failures
        self.errors += other.errors

    def _count(self, recorder: Any) -> None:
        for case_id, interaction in recorder.interactions.items():
            self.cases += 1
            label = recorder.cases[case_id].value.operation.label
            if interaction.response is not None:
                statuses = self.answers.setdefault(label, Counter())
                statuses[interaction.response.status_code] += 1
        for case_id, checks in recorder.checks.items():
            for check in checks:
                if check.status is Status.FAILURE and check.failure_info is not None:
                    failure = check.failure_info.failure
                    text = f"{check.name}: {failure.title}: {failure.message}"
                    request = _request(recorder.cases[case_id].value)
                    self.failures.append(f"{text}\n{request}")


def _request(case: Any) -> str:
    """Return the request as a command; what fuzzing finds may be too odd to be written as one."""
    try:
        return str(case.as_curl_command())
    except Exception as error:  # noqa: BLE001 - a finding is never lost for want of its wording
        parts = {"path": case.path_parameters, "query": case.query, "headers": case.headers}
        shown = "  ".join(f"{name} {part!r}" for name, part in parts.items())
        return f"{case.method} {case.path}  {shown}  body {case.body!r}  (no command: {error!r})"


def configured(*, seed: int, max_examples: int, deterministic: bool) -> SchemathesisConfig:
    """The committed configuration, and how much of it is run."""
    settings: dict[str, Any] = tomllib.loads(CONFIG.read_text(encoding="utf-8"))
    settings["seed"] = seed
    settings["request-timeout"] = 120  # a busy machine is no finding
    settings["generation"] = {"max-examples": max_examples, "deterministic": deterministic}
    return SchemathesisConfig.from_dict(settings, base_dir=str(CONFIG.parent))


def run(schema: Callable[[], Any], max_cases: int | None = None) -> Run:
    """Run all phases; stop after this number of judged cases.

    Whatever ends the run early is an error among its results, which are kept.

    Args:
        schema: loads what is fuzzed.
        max_cases: the number of cases after which it stops; None: all.
    """
    done = Run()
    try:
        stream = from_schema(schema()).execute()
        for event in stream:
            done.take(event)
            if max_cases is not None and done.cases >= max_cases:
                stream.stop()
    except Exception as error:  # noqa: BLE001 - also of the engine itself, on what it found
        done.errors.append(f"the run ended early, after {done.cases} cases: {error!r}")
    return done


def in_process(app: Any, config: SchemathesisConfig) -> Callable[[], Any]:
    """Return what loads an application's schema; it is called without a socket."""
    return lambda: schemathesis.openapi.from_asgi("/openapi.json", app, config=config)


def at(url: str, config: SchemathesisConfig) -> Callable[[], Any]:
    """Return what loads the schema of a service that runs."""
    return lambda: schemathesis.openapi.from_url(f"{url}/openapi.json", config=config)
