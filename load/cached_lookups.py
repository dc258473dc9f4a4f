r"""Cached user lookups: `GET /users/{id}/card` on the marketplace, some ids far more often.

    SEATRIAL_USER_SERVICE_URL=http://127.0.0.1:3001 \
        locust -f load/cached_lookups.py --host http://127.0.0.1:3002 --rate 200

The ids come from the file that SEATRIAL_LOAD_IDS names (a JSON array), else the profile creates
users through SEATRIAL_USER_SERVICE_URL.
"""

import json
import os
import urllib.error
import urllib.request
import uuid
from pathlib import Path

from seatrial.errors import UsageError
from seatrial.loads.keys import read_keys
from seatrial.loads.open_loop import OpenLoopUser
from seatrial.loads.plan import KEYS_VARIABLE, LoadPlan
from seatrial.loads.tally import Outcome
from seatrial.loads.target import check_target

USERS = 200
_SOURCES = {"cache": "hit", "origin": "miss", "stale": "stale"}


def create_users(url: str, count: int, *, any_host: bool = False) -> tuple[str, ...]:
    """Create users at a user-service and return their ids.

    Raises:
        UsageError: it can't be reached, or refuses.
    """
    check_target(url, any_host=any_host)
    try:
        return tuple(_create(url, number) for number in range(count))
    except (OSError, ValueError, KeyError) as error:
        raise UsageError(f"users can't be created at {url}/users: {error}") from error


def _create(url: str, number: int) -> str:
    body = {"email": f"load-{number}-{uuid.uuid4().hex}@example.com", "role": "va"}
    request = urllib.request.Request(  # noqa: S310 - check_target admits HTTP alone
        f"{url.rstrip('/')}/users",
        data=json.dumps(body).encode(),
        headers={"content-type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - the same
        return str(json.load(answer)["id"])


def card_outcome(status: int, body: bytes, key: str) -> Outcome:
    """Name what a card's answer says; anything but the asked user's card is an error."""
    if status == 0:
        return Outcome("no-answer", ok=False)
    if status != 200:
        return Outcome(f"http-{status}", ok=False)
    try:
        card = json.loads(body)
        user, source = card["user"]["id"], _SOURCES[card["source"]]
    except (ValueError, KeyError, TypeError):
        return Outcome("no-card", ok=False)
    return Outcome(source, ok=True) if user == key else Outcome("wrong-user", ok=False)


class CachedLookups(OpenLoopUser):
    """Asks for cards, hot users often and cold ones rarely."""

    @classmethod
    def keys(cls, plan: LoadPlan) -> tuple[str, ...]:
        """Ids from the file, or of users made for the run."""
        if path := os.environ.get(KEYS_VARIABLE):
            return read_keys(Path(path))
        if url := os.environ.get("SEATRIAL_USER_SERVICE_URL"):
            return create_users(url, USERS, any_host=plan.any_host)
        raise UsageError(
            f"there are no users to ask for; set SEATRIAL_USER_SERVICE_URL, and they are created "
            f"there, or {KEYS_VARIABLE} to a JSON file with their ids"
        )

    def call(self, key: str) -> Outcome:
        """Get one card; Locust's own statistics see the outcome too."""
        path = f"/users/{key}/card"
        with self.client.get(path, name="/users/{id}/card", catch_response=True) as response:
            outcome = card_outcome(response.status_code, response.content or b"", key)
            if not outcome.ok:
                response.failure(outcome.name)
            return outcome
