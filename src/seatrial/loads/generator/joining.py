"""The participant that a process of Locust's is, chosen once, and Locust's events for it."""

from typing import Any
from weakref import WeakKeyDictionary

from locust.env import Environment
from locust.runners import MasterRunner, WorkerRunner

from seatrial.loads.generator.coordinator import Coordinator
from seatrial.loads.generator.leading import Leader
from seatrial.loads.generator.local import Local
from seatrial.loads.generator.protocol import Participant, RunSpec
from seatrial.loads.generator.worker import Worker

_participants: WeakKeyDictionary[Environment, Participant] = WeakKeyDictionary()


def role_of(environment: Environment) -> type[Participant]:
    """Return the kind of participant that this process is."""
    if isinstance(environment.runner, WorkerRunner):
        return Worker
    return Coordinator if isinstance(environment.runner, MasterRunner) else Local


def join(environment: Environment, spec: RunSpec) -> None:
    """Make the participant of an environment."""
    _participants[environment] = role_of(environment)(environment, spec)


def participant_of(environment: Environment) -> Participant:
    """Return the participant of this environment; there is one once Locust has fired `init`."""
    return _participants[environment]


def leader_of(environment: Environment) -> Leader:
    """Return the same where it leads, as the process with Locust's page does."""
    found = participant_of(environment)
    assert isinstance(found, Leader)
    return found


def _on_test_start(environment: Environment, **_: Any) -> None:
    if environment in _participants:
        participant_of(environment).start()


def _on_test_stop(environment: Environment, **_: Any) -> None:
    if environment in _participants:
        participant_of(environment).stop()


def _on_worker_report(client_id: str, data: dict[str, Any], **_: Any) -> None:
    for participant in _participants.values():
        participant.collect(client_id, data)


def _on_report_to_master(data: dict[str, Any], **_: Any) -> None:
    for participant in _participants.values():
        participant.report(data)


def _on_quitting(environment: Environment, **_: Any) -> None:
    if environment in _participants:
        participant_of(environment).quit()


def listen(events: Any) -> None:
    """Take part in the course of a test; `events` are Locust's, which have no types."""
    events.test_start.add_listener(_on_test_start)
    events.test_stop.add_listener(_on_test_stop)
    events.worker_report.add_listener(_on_worker_report)
    events.report_to_master.add_listener(_on_report_to_master)
    events.quitting.add_listener(_on_quitting)
