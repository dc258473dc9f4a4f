"""The inferred policy, declared: it holds for its own consumer, and fails on the defective twin."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from seatrial.config import DeclaredPolicy
from tests.inference.cases import Case
from tests.inference.numbers import Numbers
from tests.inference.run import SEATRIAL, called, command_of, config_of


@dataclass(frozen=True)
class Trip:
    """What `chaos run` said of an inferred policy."""

    passes: bool
    """On the consumer that it was inferred from."""
    twin_fails: bool | None
    """On a consumer that breaks one promise of it; None: it isn't run."""
    said: str

    @property
    def is_right(self) -> bool:
        """Whether it holds where it should, and fails where it should."""
        return self.passes and self.twin_fails is not False

    def __str__(self) -> str:
        """Say it in a line."""
        twin = {True: "its twin fails", False: "ITS TWIN PASSES", None: "no twin"}[self.twin_fails]
        return f"round trip {'passes' if self.passes else 'FAILS'}, {twin} {self.said}".rstrip()


def round_trip(case: Case, folder: Path, cache: Path) -> Trip:
    """Write the policy down with `--write`, and run the scenarios on both."""
    command = command_of(case, cache)
    assert command is not None
    result = json.loads((folder / "infer.json").read_text(encoding="utf-8"))
    policy = policy_of(result["inferred"]["things"])
    own = _chaos(case, command, policy, folder, "own")
    twin = replace(case, numbers=twin_of(case.numbers))
    other = None if case.client else _chaos(twin, command, policy, folder, "twin")
    failed = [check["id"] for check in own["checks"] if check["verdict"] == "failed"]
    said = "" if own["verdict"] == "passed" else f"({own['verdict']}: {', '.join(failed[:4])})"
    return Trip(
        own["verdict"] == "passed", None if other is None else other["verdict"] == "failed", said
    )


def twin_of(numbers: Numbers) -> Numbers:
    """Return a consumer that does one attempt more, and gives up later."""
    timeout_s = numbers.attempt_timeout_s
    return replace(
        numbers,
        attempts=numbers.attempts + 1,
        backoff_s=numbers.backoff_s or 0.05,
        attempt_timeout_s=timeout_s and timeout_s * 3,
    )


def policy_of(inferred: Mapping[str, Mapping[str, Any]]) -> str:
    """Write what was measured as TOML; a section that lacks what it must have is left out."""
    measured: dict[str, dict[str, Any]] = {}
    for name, found in inferred.items():
        section, _, key = name.partition(".")
        if found["certainty"] == "measured" and key in _keys(section):
            measured.setdefault(section, {})[key] = found["value"]
    lines = ["[edges.things.policy]"]
    for section, values in measured.items():
        try:
            DeclaredPolicy.model_validate({section: _frozen(values)})
        except ValueError:
            continue
        lines += [f"[edges.things.policy.{section}]"]
        lines += [f"{key} = {json.dumps(value)}" for key, value in values.items()]
    return "\n".join(lines) + "\n"


def _frozen(values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: tuple(one) if isinstance(one, list) else one for key, one in values.items()}


def _keys(section: str) -> frozenset[str]:
    known = DeclaredPolicy.model_json_schema()
    definition = known["$defs"].get(f"Declared{section.capitalize()}", {})
    return frozenset(definition.get("properties", {}))


def _chaos(
    case: Case, command: list[str], policy: str, folder: Path, name: str
) -> Mapping[str, Any]:
    config, found = folder / f"{name}.toml", folder / f"{name}.json"
    config.write_text(config_of(case, command, policy), encoding="utf-8")
    options = ["--config", str(config), "--json", str(found), "--quiet"]
    code, output = called([str(SEATRIAL), "chaos", "run", *options])
    if not found.exists():
        return {"verdict": f"exit {code}: {output[-300:].strip()}", "checks": []}
    loaded: Mapping[str, Any] = json.loads(found.read_text(encoding="utf-8"))
    return loaded
