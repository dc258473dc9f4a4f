"""A request is compared with what it can be, and not with the whole pact."""

from collections.abc import Sequence

import pytest

from seatrial.pacts.interactions import Interaction
from seatrial.pacts.stub import routes
from seatrial.pacts.stub.mocks import ReceivedRequest
from seatrial.pacts.stub.routes import GroupMocks
from seatrial.pacts.stub.selection import Group


class Holding:
    """A mock server that is never asked."""

    def __init__(self, members: Sequence[tuple[int, Interaction]], _: str) -> None:
        self.places = [place for place, _ in members]


def asking(method: str, path: str, *, by_rule: bool = False) -> Interaction:
    rules = {"path": {"combine": "AND", "matchers": [{"match": "regex", "regex": ".*"}]}}
    request = {"method": method, "path": path, **({"matchingRules": rules} if by_rule else {})}
    document = {"type": "Synchronous/HTTP", "description": path, "request": request}
    return Interaction("shop", "users", document)


@pytest.mark.parametrize(
    ("method", "target", "places"),
    [
        ("GET", "/users/7", [4, 7]),
        ("get", "/users/7?full=yes", [4, 7]),
        ("GET", "/users/none", [4]),
        ("PUT", "/users/3", None),
        ("POST", "/users", [10, 11]),
    ],
)
def test_only_interactions_of_the_method_and_the_path_are_asked(
    monkeypatch: pytest.MonkeyPatch, method: str, target: str, places: list[int] | None
) -> None:
    monkeypatch.setattr(routes, "MockServer", Holding)
    members = [asking("GET", f"/users/{n}", by_rule=n == 4) for n in range(10)]
    members += [asking("post", "/users"), asking("POST", "/users")]
    mocks = GroupMocks(Group({}, tuple(enumerate(members))), "a.json")
    found = mocks.that_can_answer(ReceivedRequest(method, target.encode(), [], b""))
    assert (found and found.places) == places  # type: ignore[attr-defined]
    again = mocks.that_can_answer(ReceivedRequest(method, target.encode(), [], b""))
    assert again is found
