"""Whole runs, and what they said."""

import json
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from tests.inference.run import ROOT, SEATRIAL


@dataclass(frozen=True)
class Planned:
    """A run to come."""

    consumer: str
    seed: int
    busy: int
    """The processes that are busy next to it."""

    @property
    def rerun(self) -> str:
        """The command that runs it again."""
        return (
            f"python -m tests.false_alarms --runs 1 --seed {self.seed} "
            f"--busy {self.busy} --consumers {self.consumer}"
        )


@dataclass(frozen=True)
class Done:
    """A run that is over."""

    planned: Planned
    took_s: float
    verdicts: Mapping[str, str]
    """By the ids of checks."""
    explanations: Mapping[str, str]
    """Of what neither passed nor was skipped."""
    invalid: Sequence[str] = field(default=())
    """Why something could not be judged."""

    @property
    def failed(self) -> list[str]:
        """The checks that failed: each is a false alarm."""
        return [one for one, verdict in self.verdicts.items() if verdict == "failed"]

    @property
    def undecided(self) -> list[str]:
        """The checks that were left open."""
        return [one for one, verdict in self.verdicts.items() if verdict == "undecided"]


def planned(consumers: Sequence[str], runs: int, seed: int, busy: int) -> list[Planned]:
    """Return the runs in order: of each consumer by turns, under load where the seed is odd."""
    return [
        Planned(consumers[each // 2 % len(consumers)], each, busy if each % 2 else 0)
        for each in range(seed, seed + runs)
    ]


RUNNING: "set[subprocess.Popen[str]]" = set()
"""What runs now."""


def end_all() -> None:
    """End what runs now, as Ctrl-C would."""
    for process in tuple(RUNNING):
        process.send_signal(signal.SIGINT)


def run_whole(one: Planned, edge: str, config: Path, folder: Path) -> Done:
    """Run all scenarios of an edge once."""
    found = folder / f"{one.consumer}-{one.seed}.json"
    command = [str(SEATRIAL), "chaos", "run", "--edge", edge, "--no-controls", "--quiet"]
    options = ["--config", str(config), "--seed", str(one.seed), "--json", str(found)]
    began_s = time.monotonic()
    with subprocess.Popen(
        [*command, *options], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        RUNNING.add(process)
        output, _ = process.communicate()
        RUNNING.remove(process)
    took_s = time.monotonic() - began_s
    if not found.exists():
        return Done(one, took_s, {}, {}, (f"exit {process.returncode}: {output[-600:].strip()}",))
    result = json.loads(found.read_text(encoding="utf-8"))
    found.unlink()
    return _read(one, took_s, result)


def _read(one: Planned, took_s: float, result: Mapping[str, Any]) -> Done:
    checks = {check["id"]: check for check in result["checks"]}
    open_ = {key: check for key, check in checks.items() if check["verdict"] != "passed"}
    return Done(
        one,
        took_s,
        {key: check["verdict"] for key, check in checks.items()},
        {
            key: check["explanation"]
            for key, check in open_.items()
            if check["verdict"] in ("failed", "undecided")
        },
        tuple(note for note in result["notes"] if note.startswith("invalid: ")),
    )


def figures(done: Iterable[Done]) -> dict[str, Any]:
    """Return the issue's figures: false alarms, and what load left undecided, by check."""
    all_runs = list(done)
    loaded = [one for one in all_runs if one.planned.busy]
    counted = Counter(check for one in loaded for check in one.undecided)
    calm = Counter(check for one in all_runs if not one.planned.busy for check in one.undecided)
    return {
        "runs": len(all_runs),
        "runs_under_load": len(loaded),
        "runs_by_consumer": dict(Counter(one.planned.consumer for one in all_runs)),
        "checks_judged": sum(
            verdict in ("passed", "failed") for one in all_runs for verdict in one.verdicts.values()
        ),
        "false_alarms": sum(len(one.failed) for one in all_runs),
        "invalid_runs": sum(bool(one.invalid) for one in all_runs),
        "undecided_under_load": dict(counted.most_common()),
        "undecided_without_load": dict(calm.most_common()),
    }


def save(file: Path, done: Sequence[Done]) -> None:
    """Write all that is known so far; whoever reads it meanwhile sees a whole file."""
    text = json.dumps({"figures": figures(done), "runs": [asdict(one) for one in done]}, indent=1)
    partial = file.with_name(f"{file.name}.part")
    partial.write_text(text + "\n", encoding="utf-8")
    partial.replace(file)


def saved(file: Path) -> list[Done]:
    """Read what an earlier command wrote."""
    if not file.exists():
        return []
    runs = json.loads(file.read_text(encoding="utf-8"))["runs"]
    return [Done(**{**one, "planned": Planned(**one["planned"])}) for one in runs]
