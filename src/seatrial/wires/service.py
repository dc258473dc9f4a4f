"""A service under faults: killed, started again at its address, frozen."""

from seatrial.errors import UsageError
from seatrial.system import Detour, Launcher, Process, Running


class Service:
    """A service of the system, through all of its lives; a `Target` of process faults."""

    def __init__(self, launcher: Launcher, running: Running, detour: Detour | None = None) -> None:
        """Take it as it was started.

        Args:
            launcher: starts it again.
            running: its first life.
            detour: what stands between it and its parts.
        """
        self.name = running.name
        self.url = running.url
        self._launcher = launcher
        self._detour = detour
        self._running = running

    def stop(self) -> None:
        """End it, whichever life it is in."""
        self._running.stop()

    def ending(self) -> str | None:
        """How it ended, with its last words; None while it runs, or where it isn't ours."""
        process = self._running.process
        if process is None or process.running:
            return None
        return f"ended with status {process.returncode}. It said last:\n{process.tail()}"

    def kill(self) -> None:
        """End it with SIGKILL, as a crash would."""
        self._process.kill()

    def restart(self) -> None:
        """Start it again where it was; nothing happens while it runs."""
        if not self._process.running:
            self._running = self._launcher.restart(self._running, self._detour)

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


class ValkeyService:
    """The Valkey that the services share; killed, it comes back empty."""

    def __init__(self, launcher: Launcher) -> None:
        """Take whose it is."""
        self._launcher = launcher

    def kill(self) -> None:
        """End it with SIGKILL."""
        self._launcher.valkey.process.kill()

    def restart(self) -> None:
        """Start it again where it was, empty; nothing happens while it runs."""
        self._launcher.restart_valkey()

    def pause(self) -> None:
        """Freeze it."""
        self._launcher.valkey.process.pause()

    def resume(self) -> None:
        """Go on after `pause`."""
        self._launcher.valkey.process.resume()
