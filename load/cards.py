"""The base of the profiles of cached lookups: whom they ask, and how they read answers.

The ids come from the file that SEATRIAL_LOAD_IDS names (a JSON array), else users are created
through SEATRIAL_USER_SERVICE_URL, which is also where a profile that changes users changes them.
"""

import json
import os
import urllib.error
import urllib.request
import uuid
from typing import Any

from seatrial.errors import UsageError
from seatrial.loads import (
    CHANGED,
    KEYS_VARIABLE,
    LoadPlan,
    OpenLoopUser,
    Outcome,
    Task,
    check_target,
    given_keys,
)

ORIGIN_VARIABLE = "SEATRIAL_USER_SERVICE_URL"
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
        user = card["user"]
        source, version = _SOURCES[card["source"]], user.get("version")
        same = user["id"] == key
    except (ValueError, KeyError, TypeError, AttributeError):
        return Outcome("no-card", ok=False)
    known = version if isinstance(version, int) else None
    return Outcome(source, ok=True, version=known) if same else Outcome("wrong-user", ok=False)


class CardUser(OpenLoopUser):
    """Asks for cards, hot users often and cold ones rarely; changes users where the mix says so."""

    abstract = True

    @classmethod
    def keys(cls, plan: LoadPlan) -> tuple[str, ...]:
        """Return ids from the file, or of users made for the run."""
        if (keys := given_keys()) is not None:
            return keys
        if url := os.environ.get(ORIGIN_VARIABLE):
            count = cls.profile.entities if cls.profile else 200
            return create_users(url, count, any_host=plan.any_host)
        raise UsageError(
            f"there are no users to ask for; set {ORIGIN_VARIABLE}, and they are created there, or "
            f"{KEYS_VARIABLE} to a JSON file with their ids"
        )

    def call(self, task: Task) -> Outcome:
        """Look a user up, or change one."""
        return self.look_up(task.key) if task.kind == "read" else self.change(task)

    def look_up(self, key: str) -> Outcome:
        """Get one card; Locust's own statistics see the outcome too."""
        path = f"/users/{key}/card"
        with self.client.get(path, name="/users/{id}/card", catch_response=True) as response:
            outcome = card_outcome(response.status_code, response.content or b"", key)
            if not outcome.ok:
                response.failure(outcome.name)
            return outcome

    def change(self, task: Task) -> Outcome:
        """Give one user another name, at user-service itself."""
        url = f"{os.environ[ORIGIN_VARIABLE].rstrip('/')}/users/{task.key}"
        body = {"name": f"Changed {task.number}"}
        with self.client.patch(url, json=body, name="change", catch_response=True) as response:
            if response.status_code != 200:
                response.failure(f"http-{response.status_code}")
                return Outcome(f"change-{response.status_code}", ok=False)
            said: Any = response.json()
            return Outcome(CHANGED, ok=True, version=said.get("version"))
