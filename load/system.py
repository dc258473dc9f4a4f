"""The base of the profiles of the whole system: its services, and the entities made there."""

import json
import os
import urllib.request
import uuid
from typing import Any

from seatrial.errors import UsageError
from seatrial.loads import LoadPlan, check_target

USERS = "SEATRIAL_USER_SERVICE_URL"
MARKETPLACE = "SEATRIAL_MARKETPLACE_SERVICE_URL"
PAYMENTS = "SEATRIAL_PAYMENTS_SERVICE_URL"


def needed(plan: LoadPlan, *variables: str) -> tuple[str, ...]:
    """Return the addresses that these variables name.

    Raises:
        UsageError: one isn't set, or isn't a target that may be loaded.
    """
    found = []
    for variable in variables:
        url = os.environ.get(variable, "").rstrip("/")
        if not url:
            raise UsageError(f"set {variable}: `seatrial up --gateway` prints the addresses")
        check_target(url, any_host=plan.any_host)
        found.append(url)
    return tuple(found)


def send(method: str, url: str, body: Any = None) -> tuple[Any, str]:
    """Send a request; return the JSON of the answer, and its `Link` header.

    Raises:
        UsageError: there is no good answer.
    """
    data = None if body is None else json.dumps(body).encode()
    headers = {"content-type": "application/json"}
    request = urllib.request.Request(url, data, headers, method=method)  # noqa: S310 - checked
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - the same
            return json.load(answer), answer.headers.get("link", "")
    except (OSError, ValueError) as error:
        raise UsageError(f"{method} {url}: {error}") from error


def make_user(users_url: str, role: str) -> str:
    """Make a user, and return its id."""
    body = {"email": f"load-{uuid.uuid4().hex}@example.com", "role": role}
    return str(send("POST", f"{users_url}/users", body)[0]["id"])


def proposal_of(job: str, assistant: str, amount: int) -> dict[str, Any]:
    """Return the body by which this assistant bids this amount for this job."""
    return {
        "jobPostingId": job,
        "userId": assistant,
        "coverLetter": "I would like to.",
        "bidAmount": amount,
        "bidType": "fixed",
        "deliveryTime": "a week",
    }


def job_of(company: str) -> dict[str, Any]:
    """Return the body that posts a job of this company."""
    return {
        "companyId": company,
        "title": "Keep my calendar",
        "description": "Two hours a day, in the morning.",
        "budget": 120_000,
        "currency": "EUR",
    }
