"""`python -m contracts.changes.recorded`: the same changes, next to pacts that nobody wrote.

The pact of each edge is recorded from its consumer's traffic. A change that turns the hand-written
interactions of an operation red should turn the recorded ones of it red too, and no benign one
should. Messages aren't an edge's, so that their changes aren't counted.
"""

import re
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from contracts import PACTS
from contracts.changes.__main__ import own_output
from contracts.changes.judging import COMMANDS, Recorded, alter
from contracts.changes.table import CHANGES, Change
from seatrial.config import Config, Edge, load_config
from seatrial.errors import SeatrialError
from seatrial.faults import open_engine
from seatrial.pacts import Interaction, read_pact, read_pacts
from seatrial.pacts.kinds import kind_of
from seatrial.pacts.providers import Providers
from seatrial.pacts.strength.recording import record as answer_of
from seatrial.recording import Recording, record, write
from seatrial.system import Launcher, Session, run_async
from seatrial.testbed import WireTestbed

_START_S = 90.0
"""On a machine that is busy with much else."""
ROOT = Path(__file__).parents[2]
FURTHER = {
    "job": {
        "consumer": "marketplace-service",
        "provider": "user-service",
        "address_env": "USER_SERVICE_URL",
        "trigger": {
            "method": "POST",
            "path": "/jobs",
            "body": {
                "companyId": "{id}",
                "title": "Job {n}",
                "description": "Two hours a day.",
                "budget": 1000,
                "currency": "EUR",
            },
        },
        "upstream": {"path": "/users/{id}"},
        "good": {"status": [201]},
        "failed": {"status": [503]},
        "missing": {"status": [403]},
        "entity": {
            "path": "/users",
            "body": {"email": "company-{n}@example.com", "role": "company", "name": "Company {n}"},
        },
    }
}
"""Edges of the reference system that nothing but this needs: by what else its services ask."""


@dataclass(frozen=True)
class Figures:
    """What came of it."""

    record_s: float
    mutants_per_s: float
    breaking: int
    caught: int
    benign: int
    refused: int
    missed: tuple[str, ...]
    wrongly_red: tuple[str, ...]


@dataclass(frozen=True)
class Operation:
    """A recorded interaction next to the hand-written ones of the same operation."""

    recorded: Interaction
    written: tuple[Recorded, ...]
    """Those whose unchanged answer both accept."""


def measure() -> Figures:
    """Record each edge, and put every change before both kinds of pacts.

    Raises:
        SeatrialError: a provider or a consumer doesn't run.
    """
    recordings, interactions = _recorded()
    parties = {(one.consumer, one.provider) for one in interactions}
    with Providers(urls={}, states_urls={}, commands=COMMANDS) as providers:
        written = tuple(
            Recorded(one, providers.ask(one, answer_of))
            for pact in read_pacts(PACTS, list(COMMANDS))
            if (pact.consumer, pact.provider) in parties
            for one in pact.interactions
            if kind_of(one).asks_over_http
        )
    operations = [_operation(one, written) for one in interactions]
    breaking, benign, missed, wrongly = 0, 0, list[str](), list[str]()
    for change in CHANGES:
        by_hand, by_record, touched = _judged(change, operations)
        if change.breaks and by_hand:
            breaking += 1
            if not by_record:
                missed.append(change.what)
        elif not change.breaks and touched:
            benign += 1
            if by_record:
                wrongly.append(change.what)
    took = [one.took_s for one in recordings]
    mutants = sum(one.tally.mutants for one in recordings)
    judging_s = sum(one.tally.took_s for one in recordings)
    return Figures(
        max(took),
        mutants / judging_s,
        breaking,
        breaking - len(missed),
        benign,
        len(wrongly),
        tuple(missed),
        tuple(wrongly),
    )


def _config() -> Config:
    config = load_config(ROOT / "seatrial.toml")
    card = config.edges["card"]
    further = {
        name: Edge.model_validate({**said, "policy": card.policy}) for name, said in FURTHER.items()
    }
    patient = {"start_within_s": _START_S}
    services = {name: one.model_copy(update=patient) for name, one in config.services.items()}
    return config.model_copy(update={"services": services, "edges": {"card": card, **further}})


def _recorded() -> tuple[list[Recording], list[Interaction]]:
    config = _config()
    recordings, interactions = list[Recording](), list[Interaction]()
    with Session() as session, open_engine(session, "auto") as engine:
        launcher = Launcher(session, config, ROOT)
        for name, edge in config.edges.items():
            testbed = WireTestbed(launcher, engine, name)
            recordings.append(run_async(record(testbed)))
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / f"{name}.json"
                write(recordings[-1], path, edge.consumer, edge.provider)
                interactions += read_pact(path).interactions
    return recordings, interactions


def _operation(recorded: Interaction, written: Sequence[Recorded]) -> Operation:
    request, response = recorded.document["request"], recorded.document["response"]
    ids = {str(state["params"]["id"]) for state in recorded.states}
    parts = request["path"].split("/")
    pattern = "/".join("[^/]+" if part in ids else re.escape(part) for part in parts)
    judge = kind_of(recorded).judge(recorded)
    return Operation(
        recorded,
        tuple(
            one
            for one in written
            if kind_of(one.interaction).asks_over_http
            and one.interaction.consumer == recorded.consumer
            and one.interaction.provider == recorded.provider
            and one.interaction.document["request"]["method"] == request["method"]
            and re.fullmatch(pattern, one.interaction.document["request"]["path"])
            and one.interaction.document["response"]["status"] == response["status"]
            and judge(one.answer) is None
        ),
    )


def _judged(change: Change, operations: Sequence[Operation]) -> tuple[bool, bool, bool]:
    """Say whether hand-written and recorded interactions refuse a change, and if there was one."""
    by_hand = by_record = touched = False
    for operation in operations:
        judge = kind_of(operation.recorded).judge(operation.recorded)
        for altered in alter(change, operation.written):
            touched = True
            of_it = kind_of(altered.interaction).judge(altered.interaction)
            by_hand = by_hand or of_it(altered.answer) is not None
            by_record = by_record or judge(altered.answer) is not None
    return by_hand, by_record, touched


def main() -> int:
    """0 when no benign change is refused, 1 when one is, 2 when nothing is decided."""
    with own_output() as out:
        try:
            found = measure()
        except SeatrialError as error:
            print(f"contracts.changes.recorded: {error}", file=out)
            return 2
        for what in found.missed:
            print(f"breaking, and not caught: {what}", file=out)
        for what in found.wrongly_red:
            print(f"benign, and refused: {what}", file=out)
        print(
            f"{found.caught} of {found.breaking} breaking changes that hand-written pacts catch "
            f"are caught by recorded ones; {found.refused} of {found.benign} benign ones refused; "
            f"{found.record_s:.1f} s for the slowest edge",
            file=out,
        )
    if not found.breaking:
        return 2  # nothing was compared, so that nothing is proved
    return 1 if found.refused else 0


if __name__ == "__main__":
    sys.exit(main())
