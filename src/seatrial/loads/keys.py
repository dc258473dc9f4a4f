"""Ids that arrivals ask for: seeded, Zipf-distributed, like users of whom few are popular."""

import bisect
import itertools
import json
import os
import random
from collections.abc import Sequence
from pathlib import Path

from seatrial.errors import UsageError

KEYS_VARIABLE = "SEATRIAL_LOAD_IDS"
"""Environment: the path of a JSON array with the ids that arrivals ask for."""


def zipf_weights(count: int, exponent: float) -> list[float]:
    """Return the share of each rank, most popular first; they sum to 1."""
    raw = [1 / (rank**exponent) for rank in range(1, count + 1)]
    total = sum(raw)
    return [weight / total for weight in raw]


class ZipfKeys:
    """Picks positions in a list of ids; the same seed picks the same ones.

    Which id is how popular depends on the seed alone, so that all processes of a run agree; the
    picks themselves differ by process.
    """

    def __init__(self, count: int, *, exponent: float, seed: int, shard: int = 0) -> None:
        """Prepare the choice among `count` ids.

        Raises:
            UsageError: there are no ids.
        """
        if count < 1:
            raise UsageError("there are no ids to ask for; name at least one")
        self._order = list(range(count))
        random.Random(f"{seed}/popularity").shuffle(self._order)  # noqa: S311 - repeatable
        self._sums = list(itertools.accumulate(zipf_weights(count, exponent)))
        self._rng = random.Random(f"{seed}/keys/{shard}")  # noqa: S311 - repeatable

    def pick(self) -> int:
        """Return the position of the next id."""
        rank = bisect.bisect_left(self._sums, self._rng.random() * self._sums[-1])
        return self._order[rank]

    def pick_hot(self, count: int) -> int:
        """Return the position of one of the most popular ids, each equally often."""
        return self._order[self._rng.randrange(min(count, len(self._order)))]


def given_keys() -> tuple[str, ...] | None:
    """Return the ids of the file that SEATRIAL_LOAD_IDS names; None where it isn't set.

    Raises:
        UsageError: the file can't be read, or holds something else.
    """
    path = os.environ.get(KEYS_VARIABLE)
    return read_keys(Path(path)) if path else None


def read_keys(path: Path) -> tuple[str, ...]:
    """Read a JSON array of ids.

    Raises:
        UsageError: the file can't be read, or holds something else.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError(f"{path}: the ids can't be read: {error}") from error
    if not isinstance(data, list) or not data or not all(isinstance(key, str) for key in data):
        raise UsageError(f"{path}: the ids are a JSON array of at least one string")
    return tuple(data)


def write_keys(path: Path, keys: Sequence[str]) -> None:
    """Write what `read_keys` reads."""
    path.write_text(json.dumps(list(keys)), encoding="utf-8")
