"""The consumers: the reference system's, and correct ones in other languages."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.inference.cases import Case, cases
from tests.inference.numbers import Numbers
from tests.inference.run import ROOT, command_of, config_of

_SEED = 20261129
"""Of the numbers of the consumers in other languages."""
_START_S = 120
_GO_IDLE = 2
"""Go's client sends a GET again on each kept connection that ends without an answer, of two."""


@dataclass(frozen=True)
class Consumer:
    """A consumer that keeps its policy."""

    name: str
    edge: str
    config: Callable[[Path], Path | None]
    """Write its seatrial.toml into a folder, and return it; None where its language isn't there."""


def consumers() -> dict[str, Consumer]:
    """Return all of them, by name."""
    known = {case.name: case for case in cases(_SEED)}
    return {
        one.name: one
        for one in (
            Consumer("reference", "card", _reference),
            _other(known["node-cache"]),
            _other(known["go-plain"]),
        )
    }


def _reference(folder: Path) -> Path:
    """Give its services more time to start: with busy processes next to them they need it."""
    text = (ROOT / "seatrial.toml").read_text(encoding="utf-8")
    more = f"start_within_s = {_START_S}\ncwd = {json.dumps(str(ROOT))}"
    file = folder / "reference.toml"
    file.write_text(
        re.sub(r"^\[services\.[a-z-]+\]$", rf"\g<0>\n{more}", text, flags=re.MULTILINE),
        encoding="utf-8",
    )
    return file


def _other(case: Case) -> Consumer:
    def write(folder: Path) -> Path | None:
        command = command_of(case, folder)
        if command is None:
            return None
        file = folder / f"{case.name}.toml"
        file.write_text(config_of(case, command, policy_of(case)), encoding="utf-8")
        return file

    return Consumer(case.language, "things", write)


def policy_of(case: Case) -> str:
    """Declare all that a consumer promises."""
    numbers = case.numbers
    sections: dict[str, Mapping[str, Any]] = {
        "failures": {"status": numbers.statuses, "bad_answers": numbers.bad_answers},
        "trace": {"header": "x-trace-id"},
        "retry": _given(
            numbers, "attempts backoff_s growth cap_s jitter attempt_timeout_s retry_after_cap_s"
        )
        | ({"connection_resends": _GO_IDLE} if case.language == "go" else {}),
        "breaker": _given(numbers, "failures open_s successes probes"),
    }
    if numbers.ttl_s is not None:
        sections["cache"] = _given(numbers, "ttl_s single_flight")
    lines = ["[edges.things.policy]", f"answers_within_s = {_longest_s(numbers):.2f}"]
    for section, values in sections.items():
        lines.append(f"[edges.things.policy.{section}]")
        lines += [f"{key} = {json.dumps(value)}" for key, value in values.items()]
    return "\n".join(lines) + "\n"


def _given(numbers: Numbers, names: str) -> dict[str, Any]:
    found = {name: getattr(numbers, name) for name in names.split()}
    return {name: value for name, value in found.items() if value is not None}


def _longest_s(numbers: Numbers) -> float:
    waits = [numbers.backoff_s * numbers.growth**number for number in range(numbers.attempts - 1)]
    capped = [min(wait_s, numbers.cap_s or wait_s) for wait_s in waits]
    return numbers.attempts * (numbers.attempt_timeout_s or 0.0) + sum(capped)
