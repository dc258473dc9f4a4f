"""A group's mock servers by method and path: one that holds them all takes longer the more it has.

The core compares a request with each interaction that a mock server holds, and describes each
difference: half a second of CPU for five hundred.
"""

from collections import defaultdict

from seatrial.pacts.interactions import Interaction
from seatrial.pacts.stub.mocks import MockServer, ReceivedRequest
from seatrial.pacts.stub.selection import Group

_Member = tuple[int, Interaction]


class GroupMocks:
    """Finds the mock server of a group that holds what a request can be."""

    def __init__(self, group: Group, where: str) -> None:
        """Hand the group to Pact's core.

        Raises:
            UsageError: it can't be served.
        """
        self._where = where
        whole = MockServer(group.members, where)  # says at once what can't be served
        self._mocks = {tuple(place for place, _ in group.members): whole}
        self._exact: dict[tuple[str, str], list[_Member]] = defaultdict(list)
        self._by_rule: dict[str, list[_Member]] = defaultdict(list)
        for member in group.members:
            request = member[1].document["request"]
            method = str(request.get("method", "GET")).upper()
            if "path" in (request.get("matchingRules") or {}):
                self._by_rule[method].append(member)
            else:
                self._exact[method, str(request.get("path", "/"))].append(member)

    def that_can_answer(self, asked: ReceivedRequest) -> MockServer | None:
        """Return the one with all interactions of the request's method and path; None: none are."""
        method = asked.method.upper()
        exact = self._exact.get((method, asked.path), [])
        members = sorted(exact + self._by_rule.get(method, []), key=lambda member: member[0])
        if not members:
            return None
        places = tuple(place for place, _ in members)
        if places not in self._mocks:
            self._mocks[places] = MockServer(members, self._where)
        return self._mocks[places]
