"""Which consumers' versions a provider is held to."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from seatrial.errors import UsageError

_PLAIN: Mapping[str, Mapping[str, Any]] = {
    "main-branch": {"mainBranch": True},
    "deployed-or-released": {"deployedOrReleased": True},
    "deployed": {"deployed": True},
    "released": {"released": True},
    "matching-branch": {"matchingBranch": True},
    "latest": {"latest": True},
}
_NAMED: Mapping[str, Callable[[str], Mapping[str, Any]]] = {
    "branch": lambda name: {"branch": name},
    "environment": lambda name: {"environment": name},
    "tag": lambda name: {"tag": name, "latest": True},
    "consumer": lambda name: {"consumer": name, "latest": True},
}


def read_selector(text: str) -> Mapping[str, Any]:
    """A selector from its short form, such as `main-branch` or `branch=NAME`.

    Raises:
        UsageError: it has another form.
    """
    name, equals, value = text.partition("=")
    if not equals and name in _PLAIN:
        return _PLAIN[name]
    if value and name in _NAMED:
        return _NAMED[name](value)
    forms = (*_PLAIN, *(f"{each}=NAME" for each in _NAMED))
    raise UsageError(f"the selector {text!r} is not known; write one of {', '.join(forms)}")


@dataclass(frozen=True)
class PactSelection:
    """The choice of pacts that a provider asks the broker for.

    Attributes:
        selectors: the short forms; without any, what Pact recommends.
        branch: the provider's own; pacts that no successful verification of it is known of are
            pending, and fail nothing.
        wip_since: pacts that no selector chooses, made since that day, come as pending too.
    """

    selectors: tuple[str, ...] = ()
    branch: str | None = None
    wip_since: str | None = None

    def body(self) -> Mapping[str, Any]:
        """The request's body.

        Raises:
            UsageError: a selector or the day isn't one, or a day is named and no branch.
        """
        selectors = self.selectors or ("main-branch", "deployed-or-released")
        if not self.selectors and self.branch:
            selectors = ("matching-branch", *selectors)
        body: dict[str, Any] = {"consumerVersionSelectors": [*map(read_selector, selectors)]}
        if self.branch:
            body |= {"providerVersionBranch": self.branch, "includePendingStatus": True}
        if self.wip_since is not None:
            if not self.branch:
                raise UsageError("--pact-wip-since needs --pact-branch, the provider's own")
            body["includeWipPactsSince"] = _day(self.wip_since)
        return body


def _day(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise UsageError(f"--pact-wip-since {text}: write a day as 2026-01-31") from None
