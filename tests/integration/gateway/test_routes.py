"""The requests that get through the gateway, where they get to, and those that don't."""

from urllib.parse import unquote

import pytest

from tests.integration.gateway.conftest import Gateway

ROUTES = [
    ("/api/users", "user /users"),
    ("/api/users?ids=a,b", "user /users?ids=a,b"),
    ("/api/users/42", "user /users/42"),
    ("/api/users/42/profile", "user /users/42/profile"),
    ("/api/users/a%20b", "user /users/a%20b"),
    ("/api/users/%C3%A9", "user /users/%C3%A9"),
    ("/api/jobs", "marketplace /jobs"),
    ("/api/jobs?company=c&cursor=x%2By", "marketplace /jobs?company=c&cursor=x%2By"),
    ("/api/jobs/42", "marketplace /jobs/42"),
    ("/api/proposals/42/accept", "marketplace /proposals/42/accept"),
    # The card is the marketplace's and not public: user-service doesn't serve it.
    ("/api/users/42/card", "user /users/42/card"),
    # Other spellings of the same.
    ("//api/users/42", "user /users/42"),
    ("/api//users/42", "user /users/42"),
    ("/api/./users/42", "user /users/42"),
    ("/api/jobs/../users/42", "user /users/42"),
    ("/api/jobs/../users/42/card", "user /users/42/card"),
    ("/%61pi/%75sers/42", "user /users/42"),
]


@pytest.mark.parametrize(("target", "reached"), ROUTES, ids=[target for target, _ in ROUTES])
def test_only_api_is_stripped(gateway: Gateway, target: str, reached: str) -> None:
    assert gateway.get(target).status == 200
    assert gateway.reached == [reached]


_HIDDEN = ["payments", "payments/ledger", "health", "health/live", "metrics", "openapi.json"]
_HARNESS = ["_pact/state", "journal", "plan", "proxies"]
CLOSED = [
    "/",
    "/api",
    "/api/",
    *(f"/{path}" for path in [*_HIDDEN, *_HARNESS]),
    *(f"/api/{path}" for path in [*_HIDDEN, *_HARNESS]),
    *(
        way + path
        for path in ("health", "metrics", "payments/ledger")
        for way in (
            "/api/users/../",
            "/api/users/../../",
            "/api/users/./../",
            "/api/users//..//",
            "/api/users/%2e%2e/",
            "/api/users/%2E%2E/",
            "/api/users/.%2e/",
            "/api/jobs/x/../../",
            "//",
            "///",
            "/api//",
            "/./",
            "/%2e/",
            "/x/..//",
        )
    ),
    # A hidden separator, or an encoding in the encoding, is refused whatever is behind it.
    *(
        f"/api/users/{way}health"
        for way in (
            "..%2f",
            "..%2F",
            "%2e%2e%2f",
            "..%5c",
            "..%5C",
            "%252e%252e%252f",
            "%252e%252e/",
            "..%252f",
            "%25%32%66",
        )
    ),
    "/api%2fusers/42",
    "/api%252fusers",
    "%2fapi/users",
    # Nearly the same.
    *(
        f"/{name}"
        for name in (
            "API/users",
            "api/Users",
            "api/USERS/42",
            "Api/jobs",
            "api./users",
            "api/users.",
            "api/users./42",
            "api/users../health",
            "api/usersx",
            "api/users-internal",
            "api/users;x",
            "api/users;/../health",
            "api/user",
            "api /users",
            "api/users\\..\\health",
            "api\\users",
            "api/jobsx",
            "api/proposal",
            "users/42",
            "jobs",
            "api/api/users",
        )
    ),
]


@pytest.mark.parametrize("target", CLOSED)
def test_nothing_else_is_reached(gateway: Gateway, target: str) -> None:
    assert gateway.get(target).status in {400, 404}
    assert gateway.reached == []


@pytest.mark.parametrize(
    "target",
    [
        "/api/users/..;/health",
        "/api/users/..;/..;/metrics",
        "/api/users/x\\..\\..\\health",
        "/api/users/%3f/../../health",
        "/api/users/%00/../health",
        "/api/users/%23/../health",
        "/api/users/.../health",
        "/api/users/..%3b/health",
        "/api/users/%c0%ae%c0%ae/health",
        "/api/users/%u002e%u002e/health",
        "/api/users/\u00e9/../../health",
        "/api/users?/../health",
    ],
)
def test_what_gets_through_stays_below_its_route_however_it_is_read(
    gateway: Gateway, target: str
) -> None:
    """A service decodes a path once and doesn't clean it; both readings must stay inside."""
    assert gateway.get(target).status in {200, 400, 404}
    for reached in gateway.reached:
        path = unquote(reached.split(" ", 1)[1].partition("?")[0])
        assert path == "/users" or path.startswith("/users/"), reached
        assert "/../" not in path, reached


@pytest.mark.parametrize("host", ["api.blytz.work", "API.Blytz.Work", "api.blytz.work:8080"])
def test_it_answers_for_its_host(gateway: Gateway, host: str) -> None:
    assert gateway.get("/api/users/42", host).status == 200


@pytest.mark.parametrize(
    "host",
    ["blytz.work", "xapi.blytz.work", "api.blytz.work.evil", "127.0.0.1", "payments-service", ""],
)
def test_it_answers_for_no_other(gateway: Gateway, host: str) -> None:
    assert gateway.get("/api/users/42", host).status in {400, 404}
    assert gateway.reached == []


@pytest.mark.parametrize(
    "request_line",
    [
        "GET http://payments-service:3004/payments/ledger HTTP/1.1",
        "GET http://127.0.0.1/health HTTP/1.1",
        "OPTIONS * HTTP/1.1",
        "CONNECT payments-service:3004 HTTP/1.1",
        "GET /health HTTP/1.0",
        "TRACE /health HTTP/1.1",
    ],
)
def test_no_form_of_a_request_goes_round_the_routes(gateway: Gateway, request_line: str) -> None:
    head = f"{request_line}\r\nhost: api.blytz.work\r\nconnection: close\r\n\r\n"
    gateway.send(head.encode())
    assert gateway.reached == []


def test_a_caller_cannot_say_what_the_gateway_took_off(gateway: Gateway) -> None:
    for spelling in ("X-Forwarded-Prefix", "X_Forwarded_Prefix", "x.forwarded.prefix"):
        gateway.get("/api/users/42", headers=f"{spelling}: /evil\r\n")
    assert [head["x-forwarded-prefix"] for head in gateway.headers] == ["/api"] * 3
    assert not any("evil" in value for head in gateway.headers for value in head.values())


def test_traces_and_deadlines_pass(gateway: Gateway) -> None:
    own = {
        "x-trace-id": "t-1",
        "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "x-request-deadline-ms": "1500",
        "idempotency-key": "k-1",
    }
    gateway.get("/api/jobs/1", headers="".join(f"{key}: {own[key]}\r\n" for key in own))
    assert own.items() <= gateway.headers[0].items()
