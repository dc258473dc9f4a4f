"""Starting a tap as a process of a session."""

from collections.abc import Sequence
from dataclasses import dataclass

from seatrial import plugins
from seatrial.system import Process, Session


@dataclass(frozen=True, slots=True)
class RunningTap:
    """A tap that listens."""

    url: str
    """The address for consumers, in the provider's place."""
    control_url: str
    """For `TapClient`."""
    process: Process


def start_tap(
    session: Session,
    upstream: str,
    name: str = "tap",
    *,
    journal_headers: Sequence[str] = (),
    redact_headers: Sequence[str] = (),
) -> RunningTap:
    """Start a tap in front of a provider and wait until it listens; the session ends it.

    Args:
        session: owns the process.
        upstream: the provider's URL; nobody needs to listen there yet.
        name: the process's name in logs.
        journal_headers: headers to write down, next to trace id and idempotency key.
        redact_headers: headers whose value is never written down; credentials never are.

    Raises:
        ProcessDied: it couldn't start; the message holds its last lines.
    """
    command = ["python", "-m", "seatrial.tap", "--upstream", upstream]
    for header in journal_headers:
        command += ["--journal-header", header]
    for header in redact_headers:
        command += ["--redact-header", header]
    command += plugins.arguments()
    process = session.start(name, command)
    data = process.wait_listening()
    return RunningTap(str(data["url"]), str(data["controlUrl"]), process)
