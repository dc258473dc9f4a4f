"""Names of operations and ids are the same in every run."""

from seatrial.explore.naming import ANYTHING, Aliases, Template, content_of

ONE, OTHER = "0b3f2d10-58a8-4f0e-8d1e-1f6a35f0c0aa", "9e0d7c52-3f6f-4a58-9a8e-5b3f0d3f7c11"


def test_id_is_named_by_where_a_run_first_showed_it() -> None:
    names = []
    for user in (ONE, OTHER):
        aliases = Aliases()
        aliases.learn("POST /users", {"id": user, "name": "Ann"})
        names.append(aliases.about("GET", f"/users/{user}/card", ""))
    assert names == ["<POST /users.id>"] * 2


def test_id_that_every_run_shows_stands_for_itself() -> None:
    assert Aliases(fixed=[ONE]).about("GET", f"/movies/{ONE}", "") == ONE


def test_id_that_came_from_nowhere_is_anything() -> None:
    assert Aliases().about("GET", f"/movies/{ONE}", "") == ANYTHING


def test_operation_is_a_declared_route_or_else_has_ids_replaced() -> None:
    aliases = Aliases(templates=[Template("GET", "/users/{name}/card")])
    assert aliases.operation("GET", "/users/ann/card") == "GET /users/{name}/card"
    assert aliases.operation("GET", "/orders/17/lines") == "GET /orders/{id}/lines"
    assert aliases.operation("GET", f"/orders/{ONE}") == "GET /orders/{id}"
    assert aliases.operation("GET", "/v1/users/ann") == "GET /v1/users/ann"


def test_route_without_ids_comes_before_one_that_covers_it() -> None:
    aliases = Aliases(templates=[Template("GET", "/users/{id}"), Template("GET", "/users/me")])
    assert aliases.operation("GET", "/users/me") == "GET /users/me"


def test_query_tells_requests_apart_in_any_order() -> None:
    aliases = Aliases()
    assert aliases.about("GET", "/x", "b=2&a=1") == aliases.about("GET", "/x", "a=1&b=2")
    assert aliases.about("GET", "/x", "a=1") != aliases.about("GET", "/x", "a=2")


def test_signature_has_no_ids_and_no_times_and_all_else() -> None:
    signatures = []
    for user, at in ((ONE, "2026-01-01T00:00:00Z"), (OTHER, "2027-11-30T10:01:02.5+01:00")):
        aliases = Aliases()
        aliases.learn("POST /users", {"id": user})
        message = {"userId": user, "at": at, "n": 3, "link": f"/users/{user}", "epoch": 1.7e9}
        signatures.append(aliases.canonical(message))
    assert signatures[0] == signatures[1]
    assert '"n": 3' in signatures[0]


def test_number_is_an_id_where_its_key_says_so() -> None:
    aliases = Aliases()
    aliases.learn("POST /jobs", {"id": 41, "count": 2})
    assert aliases.canonical({"job_id": 41, "count": 41}) == (
        '{"count": 41, "job_id": "<POST /jobs.id>"}'
    )


def test_body_that_is_no_json_is_text() -> None:
    assert content_of(b"<html>") == "<html>"
    assert content_of(b"") == ""
    assert content_of(b"[" * 100_000) == "[" * 100_000


def test_a_key_has_a_template_and_what_its_ids_are_called() -> None:
    aliases = Aliases(fixed=["cache_v1"])
    aliases.learn("POST /users", {"id": ONE})
    assert aliases.template(f"GET cache_v1:user:{ONE}:17") == (
        "GET cache_v1:user:{id}:{id}",
        "<POST /users.id>, *",
    )
    assert aliases.template("EXEC XADD user.events") == ("EXEC XADD user.events", "")


def test_an_id_may_be_a_key() -> None:
    aliases = Aliases()
    stock = {"book-0017": 1, "book-0018": 2}
    aliases.learn("GET /stock", stock)
    assert aliases.canonical(stock) == '{"<GET /stock[0]>": 1, "<GET /stock[1]>": 2}'
    fixed = Aliases(aliases.seen)
    fixed.learn("GET /half", '{"book-0017": 1')
    assert fixed.canonical(stock) == '{"book-0017": 1, "book-0018": 2}'
