"""The workers of a Dask cluster."""

from concurrent.futures import CancelledError, Executor
from typing import Any

from seatrial.errors import UsageError
from seatrial.extras import missing

_CONNECTS_S = 10.0


class ClusterWorkers:
    """A cluster whose scheduler is at an address; its workers see the project at the same path."""

    def __init__(self, address: str) -> None:
        """Connect.

        Args:
            address: Such as `tcp://10.0.0.1:8786`.

        Raises:
            UsageError: It isn't there, has no worker, or the extra isn't installed.
        """
        if missing("cluster"):
            raise UsageError('--cluster needs more packages: pip install "seatrial[cluster]"')
        from distributed import Client, KilledWorker

        self._lost = (KilledWorker, CancelledError)
        client: Any = Client  # it isn't typed
        try:
            self._client = client(address, timeout=_CONNECTS_S, set_as_default=False)
        except (OSError, ValueError) as error:
            raise UsageError(f"--cluster {address}: no scheduler answers there: {error}") from None
        self.count = sum(self._client.nthreads().values())
        if not self.count:
            self.close()
            raise UsageError(f"--cluster {address}: no worker has joined it: start a dask worker")
        self._executor: Executor = self._client.get_executor()

    def executor(self) -> Executor:
        """Return where to submit."""
        return self._executor

    def renew(self) -> None:
        """Do nothing: the scheduler has the others run what a lost worker had."""

    def is_lost(self, error: BaseException) -> bool:
        """Return whether workers ended while they had the plan."""
        return isinstance(error, self._lost)

    def abandon(self) -> None:
        """Do nothing: the scheduler drops what nobody waits for."""

    def close(self) -> None:
        """Leave the cluster; it goes on."""
        self._client.close()
