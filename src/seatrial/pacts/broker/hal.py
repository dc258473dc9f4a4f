"""HTTP with a broker: its documents, its links, and one sentence for whatever goes wrong."""

import json
import os
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urljoin

import httpx

from seatrial.errors import UsageError, text_of

_TOKEN, _USER, _PASSWORD = "PACT_BROKER_TOKEN", "PACT_BROKER_USERNAME", "PACT_BROKER_PASSWORD"
_CREDENTIALS = f"{_TOKEN}, or {_USER} and {_PASSWORD}"


class BrokerError(UsageError):
    """The broker can't be asked; the message says why, and what to do."""


class Hal:
    """A broker that speaks HAL. Its credentials come from the environment, and are never shown.

    Args:
        url: of its index.
        transport: what requests go through; httpx's own unless given.
        timeout_s: how long one answer may take.
    """

    def __init__(
        self, url: str, *, transport: httpx.BaseTransport | None = None, timeout_s: float = 30.0
    ) -> None:
        self.url = url.rstrip("/") + "/"
        self._timeout_s = timeout_s
        self._http = httpx.Client(
            timeout=timeout_s, headers=_bearer(), auth=_basic(), transport=transport
        )

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def get(self, url: str) -> dict[str, Any]:
        """A document.

        Raises:
            BrokerError: there is none, or it isn't a document.
        """
        return self._send("GET", url, None)

    def post(self, url: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Post a document; returns the answer's.

        Raises:
            BrokerError: it was refused, or the answer isn't a document.
        """
        return self._send("POST", url, body)

    def put(self, url: str) -> dict[str, Any]:
        """Make a resource that has nothing but a name.

        Raises:
            BrokerError: it was refused, or the answer isn't a document.
        """
        return self._send("PUT", url, {})

    def link(self, document: Mapping[str, Any], relation: str, **values: str) -> str:
        """Where a link of a document leads, its template filled in.

        Raises:
            BrokerError: it has no such link.
        """
        links = document.get("_links")
        found = links.get(relation) if isinstance(links, dict) else None
        href = found.get("href") if isinstance(found, dict) else None
        if not isinstance(href, str):
            raise BrokerError(
                f"the broker at {self.url} has no link {relation}; is this the address of a Pact "
                "Broker's index, and the broker a recent one?"
            )
        for name, value in values.items():
            href = href.replace(f"{{{name}}}", quote(value, safe=""))
        return urljoin(self.url, href)

    def _send(self, method: str, url: str, body: Mapping[str, Any] | None) -> dict[str, Any]:
        try:
            answer = self._http.request(
                method, url, json=body, headers={"accept": "application/hal+json, application/json"}
            )
        except httpx.TimeoutException:
            raise BrokerError(
                f"the broker gave no answer to {method} {url} within {self._timeout_s:g} s; "
                "try again, or look at the broker"
            ) from None
        except httpx.HTTPError as error:
            raise BrokerError(
                f"the broker can't be reached at {url} ({text_of(error)}); "
                "start it, or fix --pact-broker"
            ) from None
        except (httpx.InvalidURL, UnicodeError) as error:
            raise BrokerError(
                f"{url} isn't the address of a broker ({error}); fix --pact-broker"
            ) from None
        if not answer.is_success:
            raise BrokerError(_refusal(f"{method} {url}", answer))
        return self._document(url, answer)

    def _document(self, url: str, answer: httpx.Response) -> dict[str, Any]:
        try:
            document = answer.json() if answer.content else {}
        except ValueError:
            document = None
        if not isinstance(document, dict):
            raise BrokerError(
                f"the broker answered {url} with something that isn't a JSON document "
                f"({answer.headers.get('content-type', 'no content type')}); fix --pact-broker: "
                "it is the address of a Pact Broker's index"
            )
        return document


def _bearer() -> dict[str, str]:
    token = os.environ.get(_TOKEN)
    return {"authorization": f"Bearer {token}"} if token else {}


def _basic() -> httpx.BasicAuth | None:
    user = os.environ.get(_USER)
    if not user or os.environ.get(_TOKEN):
        return None
    return httpx.BasicAuth(user, os.environ.get(_PASSWORD, ""))


def _refusal(what: str, answer: httpx.Response) -> str:
    status = answer.status_code
    if status == httpx.codes.UNAUTHORIZED:
        known = os.environ.get(_TOKEN) or os.environ.get(_USER)
        cause = "refuses the credentials" if known else "wants credentials, and there are none"
        return f"the broker {cause} (401 to {what}); set {_CREDENTIALS}"
    if status == httpx.codes.FORBIDDEN:
        return f"the broker doesn't allow this user to {what} (403); use another token or user"
    if status == httpx.codes.NOT_FOUND:
        return (
            f"the broker doesn't know {what} (404){_said(answer)}; fix --pact-broker, or the name"
        )
    if answer.is_redirect:
        where = answer.headers.get("location", "elsewhere")
        return f"the broker sends {what} to {where} ({status}); give --pact-broker that address"
    if answer.is_server_error:
        return f"the broker failed at {what} ({status}){_said(answer)}; try again, or look at it"
    return f"the broker refused {what} ({status}){_said(answer)}"


def _said(answer: httpx.Response) -> str:
    """Its own words about the error, in one line."""
    try:
        problem = answer.json()
    except ValueError:
        return ""
    for name in ("error", "errors", "message", "detail"):
        value = problem.get(name) if isinstance(problem, dict) else None
        if value:
            text = value if isinstance(value, str) else json.dumps(value)
            return f": {' '.join(text.split())[:200]}"
    return ""
