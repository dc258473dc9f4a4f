"""A service under faults: killed, started again at its address, frozen."""

import re
from pathlib import Path

from seatrial.errors import UsageError
from seatrial.system import AddressOverride, Launcher, Process, Running, waited_for_cpu_s

_TRACEBACK = re.compile(
    r"^Traceback \(most recent call last\):\n(?P<frames>(?:[ \t].*\n)+)(?P<error>\S.*)",
    re.MULTILINE,
)
_THROWN = re.compile(
    r"^(?P<error>(?:[\w.$]*(?:Error|Exception)\b|panic:).*)(?P<frames>(?:\n[ \t]+at .*)*)",
    re.MULTILINE,
)
"""As Node, Java and Go say it."""
_FRAME = re.compile(r"(?:File \"|(?<=[( ])(?:file://)?(?=/))([^\s\"():]+)(?:\", line |:)(\d+)")
_OF_OTHERS = re.compile(r"/(?:site-packages|node_modules|lib/python[\d.]+)/")


def error_in(said: str) -> str:
    """Return the last error in a text, with the project's own line where it came up.

    Returns:
        Such as `KeyError: 'id' (orders.py:73)`; "" where no error is named.
    """
    found = [*_TRACEBACK.finditer(said), *_THROWN.finditer(said)]
    if not found:
        return ""
    last = max(found, key=lambda one: one.end("error"))
    own = [one for one in _FRAME.findall(last["frames"]) if not _OF_OTHERS.search(one[0])]
    if not own:
        return str(last["error"])
    path, line = own[-1] if last.re is _TRACEBACK else own[0]  # Python names the innermost last
    return f"{last['error']} ({Path(path).name}:{line})"


_LINES = 5_000
"""An error of axios prints a thousand: all that it holds."""


class Service:
    """A service of the system, through all of its lives; a `Target` of process faults."""

    def __init__(
        self, launcher: Launcher, running: Running, override: AddressOverride | None = None
    ) -> None:
        """Take it as it was started.

        Args:
            launcher: starts it again.
            running: its first life.
            override: what stands between it and its parts.
        """
        self.name = running.name
        self.url = running.url
        self._launcher = launcher
        self._override = override
        self._running = running

    def stop(self) -> None:
        """End it, whichever life it is in."""
        self._running.stop()

    def ending(self) -> str | None:
        """Return its end, with its last words; None while it runs, or where it isn't ours."""
        process = self._running.process
        if process is None or process.running:
            return None
        return f"ended with status {process.returncode}. It said last:\n{process.tail()}"

    def last_error(self, since: int = 0) -> str:
        """Return the last line of its output that names an error; "" where none does.

        Args:
            since: bytes that it had printed before; a new life begins with none.
        """
        process = self._running.process
        if process is None or since == self.printed():
            return ""
        return error_in(process.tail(_LINES, since if since < self.printed() else 0))

    def printed(self) -> int:
        """Return how many bytes its present life has printed; 0 where it isn't ours."""
        log = self.log()
        return 0 if log is None else log.stat().st_size

    def log(self) -> Path | None:
        """Return the file that its present life prints to; None where it isn't ours."""
        process = self._running.process
        return None if process is None else process.log

    def waited_for_cpu_s(self) -> float:
        """Return how long its present life has waited for a processor; 0 where it isn't ours."""
        process = self._running.process
        return 0.0 if process is None else waited_for_cpu_s(process.pid)

    def kill(self) -> None:
        """End it with SIGKILL, as a crash would."""
        self._process.kill()

    def restart(self) -> None:
        """Start it again where it was; nothing happens while it runs."""
        if not self._process.running:
            self._running = self._launcher.restart(self._running, self._override)

    def pause(self) -> None:
        """Freeze it; its sockets stay open."""
        self._process.pause()

    def resume(self) -> None:
        """Go on after `pause`."""
        self._process.resume()

    @property
    def _process(self) -> Process:
        if self._running.process is None:
            raise UsageError(
                f"services.{self.name} runs at a url, so it can't be killed or paused from here; "
                "declare its command instead"
            )
        return self._running.process


class ServerService:
    """A server that the services share, such as their Valkey; a `Target` of process faults."""

    def __init__(self, launcher: Launcher, placeholder: str) -> None:
        """Take whose it is, and the placeholder that services ask for it by."""
        self._launcher = launcher
        self._placeholder = placeholder

    def kill(self) -> None:
        """End it with SIGKILL."""
        self._process.kill()

    def restart(self) -> None:
        """Start it again where it was; nothing happens while it runs."""
        self._launcher.restart_server(self._placeholder)

    def pause(self) -> None:
        """Freeze it."""
        self._process.pause()

    def resume(self) -> None:
        """Go on after `pause`."""
        self._process.resume()

    @property
    def _process(self) -> Process:
        return self._launcher.server(self._placeholder).process
