"""The broker as a provider's verification sees it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import PurePosixPath
from types import TracebackType
from typing import Any, Self

import httpx

from seatrial.errors import UsageError
from seatrial.pacts.broker.hal import BrokerError, Hal
from seatrial.pacts.broker.selection import PactSelection
from seatrial.pacts.files import parse_pact
from seatrial.pacts.interactions import Interaction

_RESULTS = "pb:publish-verification-results"


@dataclass(frozen=True)
class BrokerPact:
    """A pact that the broker gave.

    Attributes:
        interactions: all of them.
        consumer: whose it is.
        label: which of the consumer's versions; pacts of equal contents are one.
        pending: whether it is so new to the provider that it fails nothing.
        results_url: where the result of its verification goes.
    """

    interactions: tuple[Interaction, ...]
    consumer: str
    label: str
    pending: bool
    results_url: str


class Broker:
    """A Pact Broker; use it as a context manager.

    Args:
        url: of its index.
        transport: what requests go through; httpx's own unless given.
    """

    def __init__(self, url: str, *, transport: httpx.BaseTransport | None = None) -> None:
        self._hal = Hal(url, transport=transport)
        self._known_index: dict[str, Any] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._hal.close()

    def pacts_for(self, provider: str, choice: PactSelection) -> tuple[BrokerPact, ...]:
        """The pacts that a provider is to be held to.

        Raises:
            BrokerError: the broker can't be asked, or has none.
            UsageError: the choice can't be made, or a pact can't be read.
        """
        body = choice.body()
        url = self._hal.link(self._index(), "pb:provider-pacts-for-verification", provider=provider)
        found = (self._hal.post(url, body).get("_embedded") or {}).get("pacts")
        if not isinstance(found, list) or not found:
            raise BrokerError(
                f"the broker has no pact of {provider} that is chosen by "
                f"{body['consumerVersionSelectors']}, so nothing would be verified; publish one, "
                "or choose others with --pact-selector"
            )
        return tuple(self._read(entry) for entry in found)

    def announce(self, provider: str, number: str, branch: str | None) -> None:
        """Publish that a version of the provider is of a branch.

        Raises:
            BrokerError: the broker refuses.
        """
        if branch is not None:
            link = "pb:pacticipant-branch-version"
            names = {"pacticipant": provider, "branch": branch, "version": number}
            self._hal.put(self._hal.link(self._index(), link, **names))

    def publish(
        self,
        pact: str,
        *,
        number: str,
        success: bool,
        tests: Sequence[Mapping[str, Any]],
        build_url: str | None = None,
    ) -> None:
        """Publish how a verification went.

        Args:
            pact: the `results_url` of the pact.
            number: the provider's version.
            success: whether all interactions held.
            tests: one entry an interaction.
            build_url: of the run in CI.

        Raises:
            BrokerError: it was refused.
        """
        body: dict[str, Any] = {
            "success": success,
            "providerApplicationVersion": number,
            "verifiedBy": {"implementation": "seatrial", "version": _own_version()},
            "testResults": list(tests),
        }
        if build_url:
            body["buildUrl"] = build_url
        self._hal.post(pact, body)

    def _index(self) -> dict[str, Any]:
        if self._known_index is None:
            self._known_index = self._hal.get(self._hal.url)
        return self._known_index

    def _read(self, entry: object) -> BrokerPact:
        if not isinstance(entry, dict):
            raise BrokerError(f"the broker at {self._hal.url} lists a pact that is no JSON object")
        url = self._hal.link(entry, "self")
        document = self._hal.get(url)
        try:
            pact = parse_pact(document, url)
        except UsageError as error:
            raise BrokerError(f"{error} (it comes from the broker)") from None
        properties = entry.get("verificationProperties") or {}
        version_link = (document.get("_links") or {}).get("pb:consumer-version") or {}
        return BrokerPact(
            pact.interactions,
            pact.consumer,
            str(version_link.get("name") or PurePosixPath(url).name),
            bool(properties.get("pending")),
            self._hal.link(document, _RESULTS),
        )


def _own_version() -> str:
    try:
        return version("seatrial")
    except PackageNotFoundError:
        return "unknown"
