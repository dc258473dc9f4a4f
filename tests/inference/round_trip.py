"""The inferred policy, declared: it holds for its consumer, and fails on each defective twin."""

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tests.inference.cases import Case, Language
from tests.inference.numbers import Numbers
from tests.inference.run import SEATRIAL, called, command_of, config_of, result_in

Sections = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Twin:
    """The consumer with one defect."""

    name: str
    scenario: str
    """The quickest one that shows it."""
    promise: str
    """It breaks this, where it was inferred."""
    changed: Callable[[Numbers], Numbers]
    languages: tuple[Language, ...] = ("python", "node", "go")
    """Those whose consumers can be made so."""


TWINS = (
    Twin(
        "one-attempt-more",
        "attempts_fail",
        "retry.attempts",
        lambda n: replace(n, attempts=n.attempts + 1, backoff_s=n.backoff_s or 0.05),
    ),
    Twin(
        "no-jitter",
        "attempts_fail",
        "retry.jitter",
        lambda n: replace(n, jitter="none", cap_s=None),
    ),
    Twin(
        "later-timeout",
        "provider_hung",
        "retry.attempt_timeout_s",
        lambda n: replace(n, attempt_timeout_s=3 * (n.attempt_timeout_s or 1), deadline_s=None),
    ),
    Twin(
        "each-read",
        "body_drips",
        "retry.attempt_timeout_covers_body",
        lambda n: replace(n, each_read=True),
    ),
    Twin(
        "no-retry-after",
        "too_many_requests",
        "retry.retry_after_cap_s",
        lambda n: replace(n, retry_after_cap_s=None),
    ),
    Twin(
        "repeats-404",
        "unknown_entities",
        "failures.status",
        lambda n: replace(n, statuses=(404, *n.statuses)),
    ),
    Twin("garbage", "garbage", "failures.bad_answers", lambda n: replace(n, garbage_passed=True)),
    Twin(
        "never-opens", "provider_down", "breaker.failures", lambda n: replace(n, never_opens=True)
    ),
    Twin(
        "counts-404",
        "unknown_entities",
        "breaker.failures",
        lambda n: replace(n, counts_missing=True),
    ),
    Twin("all-probes", "half_open_under_load", "breaker.probes", lambda n: replace(n, probes=None)),
    Twin(
        "keeps-longer",
        "entry_expires",
        "cache.ttl_s",
        lambda n: replace(n, ttl_s=9 * (n.ttl_s or 1)),
    ),
    Twin(
        "failures-cached",
        "garbage",
        "cache.ttl_s",
        lambda n: replace(n, failures_cached=True),
        ("python",),
    ),
    Twin(
        "no-single-flight",
        "stampede",
        "cache.single_flight",
        lambda n: replace(n, single_flight=False),
    ),
    Twin(
        "other-trace",
        "attempts_fail",
        "trace.header",
        lambda n: replace(n, trace="new"),
        ("python", "node"),
    ),
    Twin(
        "other-key",
        "attempts_fail",
        "idempotency.header",
        lambda n: replace(n, key="new"),
        ("python",),
    ),
)


@dataclass(frozen=True)
class Trip:
    """What `chaos run` said of an inferred policy."""

    passes: bool
    """On the consumer that it was inferred from."""
    said: str
    """The verdict there, and what failed."""
    twins: Mapping[str, bool]
    """Whether it fails on each twin that breaks a promise of it."""

    @property
    def is_right(self) -> bool:
        """Whether it holds where it should, and fails where it should."""
        return self.passes and all(self.twins.values())

    def __str__(self) -> str:
        """Say it in a line."""
        missed = [name for name, fails in self.twins.items() if not fails]
        twins = f"{len(self.twins) - len(missed)} of {len(self.twins)} twins fail"
        return f"round trip {self.said}, {twins}{' but ' if missed else ''}{', '.join(missed)}"


def round_trip(case: Case, folder: Path, cache: Path) -> Trip:
    """Declare what was inferred, and run the scenarios: on the consumer, and on its twins."""
    command = command_of(case, cache)
    assert command is not None
    result = result_in(folder / "infer.json")
    assert result is not None
    inferred = result["inferred"]["things"]
    policy = result["policies"]["things"]
    sections = tomllib.loads(policy)["edges"]["things"]["policy"]
    own = _chaos(case, command, policy, folder, "own")
    failed = [check["id"] for check in own["checks"] if check["verdict"] == "failed"]
    return Trip(
        own["verdict"] == "passed",
        own["verdict"] + (f" ({', '.join(failed[:4])})" if failed else ""),
        {
            twin.name: _fails(case, twin, command, policy, folder)
            for twin in TWINS
            if case.language in twin.languages
            and is_broken_by(twin, case.numbers, inferred, sections)
        },
    )


def is_broken_by(
    twin: Twin, numbers: Numbers, inferred: Mapping[str, Mapping[str, Any]], sections: Sections
) -> bool:
    """Return whether the declared policy promises what the twin doesn't keep."""
    section, _, key = twin.promise.partition(".")
    measured = inferred.get(twin.promise, {}).get("certainty") == "measured"
    declared = "attempt_timeout_s" if key == "attempt_timeout_covers_body" else key
    if not measured or declared not in sections.get(section, {}):
        return False
    if twin.changed(numbers) == numbers:
        return False
    if twin.name == "no-jitter" and "backoff_s" not in sections[section]:
        return False
    repeats = ("repeats-404", "garbage", "other-trace", "other-key")
    return numbers.attempts > 1 or twin.name not in repeats


def _fails(case: Case, twin: Twin, command: list[str], policy: str, folder: Path) -> bool:
    other = replace(case, numbers=twin.changed(case.numbers))
    found = _chaos(other, command, policy, folder, f"twin-{twin.name}", twin.scenario)
    return bool(found["verdict"] == "failed")


def _chaos(
    case: Case, command: list[str], policy: str, folder: Path, name: str, *scenarios: str
) -> Mapping[str, Any]:
    config, found = folder / f"{name}.toml", folder / f"{name}.json"
    config.write_text(config_of(case, command, policy), encoding="utf-8")
    options = ["--config", str(config), "--json", str(found), "--quiet"]
    code, output = called([str(SEATRIAL), "chaos", "run", *scenarios, *options])
    return result_in(found) or {"verdict": f"exit {code}: {output[-300:].strip()}", "checks": []}
