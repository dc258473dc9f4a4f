"""A project's invariants, asked past the taps."""

from collections.abc import Callable, Mapping, Sequence

import httpx

from seatrial.config import Config
from seatrial.errors import UsageError
from seatrial.explore.driven import one_line, open_client
from seatrial.explore.journeys import Invariant
from seatrial.explore.model import Violation
from seatrial.explore.naming import Aliases
from seatrial.explore.system import NoAnswer, Step, System, Way

BoundS = Callable[[Step], float]
"""How long a request is waited for."""


class Questions:
    """Asks whether the invariants hold."""

    def __init__(self, config: Config, invariants: Sequence[Invariant]) -> None:
        """Take them."""
        self.looked_at: set[str] = set()
        """Services that they ask."""
        self._config = config
        self._invariants = invariants

    async def ask(self, urls: Mapping[str, str], bound_s: BoundS) -> list[Violation]:
        """Return which of them don't hold, or can't be asked.

        Raises:
            UsageError: one asks a service that isn't there.
        """
        if not self._invariants:
            return []
        async with open_client() as client:
            system = quiet_system(self._config, urls, bound_s, client, self.looked_at)
            answers = [await _ask(one, system) for one in self._invariants]
        return [one for one in answers if one is not None]


def quiet_system(
    config: Config,
    urls: Mapping[str, str],
    bound_s: BoundS,
    client: httpx.AsyncClient,
    called: set[str],
) -> System:
    """Return the system as it's asked after a run: no step is noted.

    Args:
        config: declares its edges.
        urls: where each service answers.
        bound_s: how long a request is waited for.
        client: sends the requests.
        called: takes the services that are asked.
    """
    way = Way(
        config=config,
        urls=urls,
        aliases=Aliases(),
        bound_s=bound_s,
        injected=tuple,
        called=called,
    )
    return System(way, client, quiet=True)


async def _ask(one: Invariant, system: System) -> Violation | None:
    try:
        await one.check(system if one.services is None else system.of(one.services))
    except NoAnswer as error:
        return Violation(one.name, f"{one.name} can't be asked: {error}")
    except AssertionError as error:
        said = one_line(error)
        return Violation(one.name, f"{one.name} doesn't hold: {said}", said=said)
    except UsageError:
        raise
    except Exception as error:  # noqa: BLE001 - the system's answer isn't what it reads
        return Violation(one.name, f"{one.name} can't be asked: {one_line(error)}")
    return None
