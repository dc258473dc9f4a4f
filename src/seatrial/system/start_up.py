"""Waiting until a service is up, and saying why it isn't."""

import re
import signal
import socket
import time
from urllib.parse import urlsplit

import httpx

from seatrial.config import DeclaredService
from seatrial.errors import UsageError
from seatrial.system.listening import LISTENERS_ARE_SHOWN, listening
from seatrial.system.processes import Process, ProcessDied

_POLL_S = 0.02
_UNSEEN_S = 2.0
"""A process that answers is believed after this time, if it isn't seen where it listens."""
_IN_USE = re.compile("address already in use|EADDRINUSE", re.IGNORECASE)
_NOT_INSTALLED = re.compile(r"ModuleNotFoundError: No module named '([\w.]+)'")


class StartUp:
    """The first moments of a service."""

    def __init__(
        self, place: str, name: str, service: DeclaredService, base: str, process: Process | None
    ) -> None:
        """Take what was started.

        Args:
            place: where the configuration describes it, for messages.
            name: the service's.
            service: as it is declared.
            base: the URL at which it shall answer.
            process: None where it runs already, and is asked once.
        """
        self._place = place
        self._name = name
        self._service = service
        self._base = base
        self._process = process
        self._began_s = time.monotonic()
        self._until_s = self._began_s + (service.start_within_s if process else 0.0)

    def wait(self) -> None:
        """Wait until it is healthy, or, without a health route, takes a connection.

        Raises:
            ProcessDied: it ended or took too long; the message says what it did instead.
            UsageError: it runs already, and isn't healthy.
        """
        if self._service.health:
            self._wait_healthy(self._base + self._service.health)
        elif self._process is not None and not self._service.announces:
            self._wait_listening()
        if self._process is not None and LISTENERS_ARE_SHOWN:
            self._wait_for_its_own(self._process, urlsplit(self._base).port)

    def _wait_healthy(self, url: str) -> None:
        # Addresses are http alone; to read the list of authorities takes 50 ms.
        with httpx.Client(trust_env=False, timeout=10, verify=False) as client:  # noqa: S501
            while True:
                try:
                    answer = client.get(url)
                except (httpx.HTTPError, httpx.InvalidURL) as error:
                    self._try_again(f"is not healthy at {url}", str(error))
                    continue
                if not answer.is_success:
                    self._try_again(f"is not healthy at {url}", "", answer.status_code)
                    continue
                if self._process is not None and not self._process.running:
                    raise self._died(f"was not healthy at {url}: somebody else answered there")
                return

    def _wait_listening(self) -> None:
        parts = urlsplit(self._base)
        while True:
            try:
                socket.create_connection((parts.hostname or "", parts.port or 0), timeout=1).close()
            except OSError as error:
                self._try_again(f"does not listen at {self._base}", str(error))
                continue
            return

    def _wait_for_its_own(self, process: Process, port: int | None) -> None:
        """Wait until who answers is the process: its port may have been taken while it began.

        What serves for it elsewhere, as a container, isn't seen, and is believed after a while.
        """
        until_s = time.monotonic() + _UNSEEN_S
        while time.monotonic() < until_s:
            if any(one.port == port for one in listening(process.pid)):
                return
            if not process.running:
                raise self._died(f"does not listen at {self._base}: somebody else answered there")
            time.sleep(_POLL_S)

    def _try_again(self, what: str, error: str, status: int | None = None) -> None:
        """Wait a moment.

        Raises:
            ProcessDied: it has ended, or its time is over.
            UsageError: it isn't ours to wait for.
        """
        if self._process is None:
            raise UsageError(f"{self._name} {what}: {error or f'it answers {status}'}") from None
        if not self._process.running:
            raise self._died(what) from None
        if time.monotonic() < self._until_s:
            time.sleep(_POLL_S)
            return
        waited = f"{self._service.start_within_s:g} s ({self._place}.start_within_s)"
        raise ProcessDied(
            f"{self._name} {what}: {error or f'it answers {status}'}; waited {waited}. "
            f"{self._hint(status)}\n{_last(self._process)}"
        ) from None

    def _died(self, what: str) -> ProcessDied:
        assert self._process is not None, "the one that died"
        waited_s = time.monotonic() - self._began_s
        return ProcessDied(
            f"{self._name} {what}: it ended {ending(self._process.returncode)} after "
            f"{waited_s:.1f} s.{self._why(self._process)}\n{_last(self._process)}"
        )

    def _why(self, process: Process) -> str:
        """Say what the end of a process comes from, where that can be seen."""
        if process.returncode == 0:
            return " If it puts itself into the background, let it stay in the foreground."
        command = self._service.command or ()
        if command[:1] == ("python",) and (lacking := _NOT_INSTALLED.search(process.tail())):
            return (
                f" {lacking[1]} isn't installed for Seatrial's own interpreter, which python is "
                f"here: name the project's in {self._place}.command, .venv/bin/python say."
            )
        return ""

    def _hint(self, status: int | None) -> str:
        """Say what it does instead of answering there."""
        assert self._process is not None, "only of one that was started here"
        if status is not None:
            return f'Name a route that answers 2xx in {self._place}.health, or "" to ask nothing.'
        found = listening(self._process.pid)
        port = urlsplit(self._base).port
        at = ", ".join(map(str, found))
        if any(one.port == port and not one.reached_by_ipv4 for one in found):
            return f"It listens at {at} only: let it bind 127.0.0.1."
        if any(one.port == port for one in found):
            return "It listens there, and doesn't answer in time."
        if found:
            return (
                f"It listens at {at} instead: let it take its port from the variable "
                f"{self._service.port_env} (or name another in {self._place}.port_env), or write "
                "{port} into its command."
            )
        return "It doesn't listen at any port yet."


def ending(status: int | None) -> str:
    """Say how a process ended: with which status, or by which signal."""
    if status is not None and status > 128:
        try:
            name = f" ({signal.Signals(status - 128).name})"
        except ValueError:
            name = ""
        return f"by signal {status - 128}{name}"
    return f"with status {status}"


def port_was_taken(process: Process) -> bool:
    """Return whether it ended because it could not listen; as Python, Node, Go and Java say it."""
    return not process.running and _IN_USE.search(process.tail()) is not None


def _last(process: Process) -> str:
    said = process.tail()
    return f"It said last:\n{said}" if said else "It printed nothing."
