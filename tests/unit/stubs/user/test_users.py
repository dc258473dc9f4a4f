"""user-service, route by route, over a real SQLite file and a real PostgreSQL."""

import asyncio
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from stubs.user.schemas import CreateUser

ADA: dict[str, Any] = {
    "email": "Ada@example.com",
    "role": "va",
    "name": "Ada",
    "avatar": "https://example.com/ada.png",
    "verificationLevel": "verified",
}


async def create(users: httpx.AsyncClient, **changes: Any) -> dict[str, Any]:
    """A user made over the wire."""
    answer = await users.post("/users", json={**ADA, **changes})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def problem(answer: httpx.Response, status: int) -> dict[str, Any]:
    """The problem that the answer must be."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = answer.json()
    assert body["status"] == status
    assert body["traceId"] == answer.headers["x-trace-id"]
    assert body["title"]
    assert body["detail"]
    return body


async def test_a_new_user_is_answered_whole_with_version_1(users: httpx.AsyncClient) -> None:
    answer = await users.post("/users", json=ADA)
    user = answer.json()
    assert answer.status_code == 201
    assert answer.headers["location"] == f"/users/{user['id']}"
    assert user == {**ADA, "id": user["id"], "version": 1}
    assert (await users.get(f"/users/{user['id']}")).json() == user


async def test_absent_and_null_optional_fields_are_left_out(users: httpx.AsyncClient) -> None:
    answer = await users.post("/users", json={"email": "x@y", "role": "company", "name": None})
    user = answer.json()
    assert set(user) == {"id", "email", "role", "version"}


async def test_fields_that_are_not_known_are_ignored(users: httpx.AsyncClient) -> None:
    user = await create(users, id="mine", version=9, verification_level="premium", x=[{}])
    assert user["id"] != "mine"
    assert user["version"] == 1
    assert user["verificationLevel"] == "verified"


async def test_a_profile_carries_no_email(users: httpx.AsyncClient) -> None:
    user = await create(users)
    profile = (await users.get(f"/users/{user['id']}/profile")).json()
    assert profile == {key: value for key, value in user.items() if key != "email"}


@pytest.mark.parametrize("path", ["/users/none", "/users/none/profile"])
async def test_an_unknown_id_is_404(users: httpx.AsyncClient, path: str) -> None:
    problem(await users.get(path), 404)


@pytest.mark.parametrize("bad", ["%00", "a%20b", "%ff", "%ed%a0%80", "x" * 65, "é", "%F0%9F%98%80"])
async def test_what_cannot_be_an_id_is_404_for_every_method(
    users: httpx.AsyncClient, bad: str
) -> None:
    problem(await users.get(f"/users/{bad}"), 404)
    problem(await users.get(f"/users/{bad}/profile"), 404)
    problem(await users.patch(f"/users/{bad}", json={"name": "x"}), 404)
    problem(await users.patch(f"/users/{bad}", json={}), 404)
    problem(await users.delete(f"/users/{bad}"), 404)


@pytest.mark.parametrize("email", ["ada@example.com", "ADA@EXAMPLE.COM"])
async def test_an_email_is_taken_in_whatever_case(users: httpx.AsyncClient, email: str) -> None:
    await create(users)
    problem(await users.post("/users", json={**ADA, "email": email}), 409)


async def test_of_many_who_want_one_email_at_once_one_gets_it(users: httpx.AsyncClient) -> None:
    answers = await asyncio.gather(*(users.post("/users", json=ADA) for _ in range(20)))
    statuses = sorted(answer.status_code for answer in answers)
    assert statuses == [201] + [409] * 19


async def test_an_email_is_free_again_after_deletion(users: httpx.AsyncClient) -> None:
    user = await create(users)
    assert (await users.delete(f"/users/{user['id']}")).status_code == 204
    again = await create(users)
    assert again["id"] != user["id"]


async def test_a_user_may_write_its_own_email_in_another_case(users: httpx.AsyncClient) -> None:
    user = await create(users)
    answer = await users.patch(f"/users/{user['id']}", json={"email": "ADA@example.com"})
    assert answer.json()["email"] == "ADA@example.com"


async def test_a_change_to_a_taken_email_is_409_and_changes_nothing(
    users: httpx.AsyncClient,
) -> None:
    await create(users)
    other = await create(users, email="other@example.com")
    answer = await users.patch(f"/users/{other['id']}", json={"email": "ADA@example.com"})
    problem(answer, 409)
    assert (await users.get(f"/users/{other['id']}")).json() == other


async def test_a_change_touches_only_what_it_names(users: httpx.AsyncClient) -> None:
    user = await create(users)
    answer = await users.patch(f"/users/{user['id']}", json={"name": "B", "role": "company"})
    assert answer.json() == {**user, "name": "B", "role": "company", "version": 2}


@pytest.mark.parametrize("field", ["name", "avatar", "verificationLevel"])
async def test_null_clears_an_optional_field(users: httpx.AsyncClient, field: str) -> None:
    user = await create(users)
    changed = (await users.patch(f"/users/{user['id']}", json={field: None})).json()
    assert field not in changed
    assert changed["version"] == 2


@pytest.mark.parametrize("field", ["email", "role"])
async def test_null_on_a_required_field_is_422(users: httpx.AsyncClient, field: str) -> None:
    user = await create(users)
    body = problem(await users.patch(f"/users/{user['id']}", json={field: None}), 422)
    assert body["errors"][0]["field"] == field


@pytest.mark.parametrize("body", [{}, {"unknown": 1}])
async def test_a_change_that_names_nothing_keeps_the_version(
    users: httpx.AsyncClient, body: dict[str, Any]
) -> None:
    user = await create(users)
    answer = await users.patch(f"/users/{user['id']}", json=body)
    assert (answer.status_code, answer.json()) == (200, user)


async def test_changes_side_by_side_are_all_counted(users: httpx.AsyncClient) -> None:
    user = await create(users)
    path = f"/users/{user['id']}"
    answers = await asyncio.gather(*(users.patch(path, json={"name": str(n)}) for n in range(20)))
    assert sorted(answer.json()["version"] for answer in answers) == list(range(2, 22))


async def test_a_deleted_user_is_gone_for_every_route(users: httpx.AsyncClient) -> None:
    user = await create(users)
    path = f"/users/{user['id']}"
    deleted = await users.delete(path)
    assert (deleted.status_code, deleted.content) == (204, b"")
    problem(await users.get(path), 404)
    problem(await users.get(f"{path}/profile"), 404)
    problem(await users.patch(path, json={"name": "x"}), 404)
    problem(await users.delete(path), 404)
    assert (await users.get("/users", params={"ids": user["id"]})).json() == []


async def test_many_users_come_as_a_bare_array_without_unknown_and_repeated_ones(
    users: httpx.AsyncClient,
) -> None:
    one, two = await create(users), await create(users, email="b@b")
    wanted = f"{two['id']},none,{one['id']},{two['id']},a%00"
    found = (await users.get(f"/users?ids={wanted}")).json()
    assert sorted(found, key=lambda user: user["email"]) == [one, two]


async def test_a_hundred_ids_are_answered(users: httpx.AsyncClient) -> None:
    ids = ",".join(str(number) for number in range(100))
    assert (await users.get(f"/users?ids={ids}")).json() == []


@pytest.mark.parametrize(
    "query",
    [
        "",
        "?ids=",
        "?ids=,,",
        "?ids=a,",
        "?ids=a,,b",
        "?ids=" + ",".join(["x"] * 101),
        "?ids=" + "a," * 10_000,
    ],
)
async def test_no_ids_or_too_many_are_422(users: httpx.AsyncClient, query: str) -> None:
    assert problem(await users.get(f"/users{query}"), 422)["errors"][0]["field"] == "ids"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("email", "no-at-sign"),
        ("email", "@y"),
        ("email", "x@"),
        ("email", "a b@c"),
        ("email", "a@b@c"),
        ("email", 1),
        ("email", None),
        ("email", "x" * 255 + "@y"),
        ("role", "admin"),
        ("role", None),
        ("name", "a\x00b"),
        ("name", "x" * 201),
        ("name", ["x"]),
        ("name", True),
        ("avatar", "ftp://x/y"),
        ("avatar", "http://"),
        ("avatar", "http://["),
        ("avatar", "http://[::1"),
        ("avatar", "http://[:::]/x"),
        ("avatar", "http://x:70000/"),
        ("avatar", "http://a b/"),
        ("avatar", "http://x/\ufeff"),
        ("email", "a\x85b@c"),
        ("email", "a\x1fb@c"),
        ("email", "a\ufeffb@c"),
        ("avatar", "no url"),
        ("avatar", "https://x/\x00"),
        ("verificationLevel", "gold"),
        ("verificationLevel", {}),
    ],
)
async def test_a_field_that_breaks_the_schema_is_422_and_named(
    users: httpx.AsyncClient, field: str, value: Any
) -> None:
    body = problem(await users.post("/users", json={**ADA, field: value}), 422)
    assert [each["field"] for each in body["errors"]] == [field]
    assert body["errors"][0]["message"]


async def test_a_lone_surrogate_is_422(users: httpx.AsyncClient) -> None:
    raw = b'{"email":"x@y","role":"va","name":"\\ud800"}'
    body = problem(await users.post("/users", content=raw), 422)
    assert body["errors"][0]["field"] == "name"


async def test_a_pair_of_surrogates_is_text(users: httpx.AsyncClient) -> None:
    raw = b'{"email":"x@y","role":"va","name":"\\ud83d\\ude00"}'
    assert (await users.post("/users", content=raw)).json()["name"] == "\U0001f600"


@pytest.mark.parametrize("body", [b"[]", b"1", b'"x"', b"null", b"true"])
async def test_json_that_is_no_object_is_422(users: httpx.AsyncClient, body: bytes) -> None:
    problem(await users.post("/users", content=body), 422)
    problem(await users.patch("/users/x", content=body), 422)


@pytest.mark.parametrize("body", [b"", b"{", b"[" * 100_000, b'{"name": NaN}', b"\xff"])
async def test_what_is_not_json_is_400(users: httpx.AsyncClient, body: bytes) -> None:
    problem(await users.post("/users", content=body), 400)
    problem(await users.patch("/users/x", content=body), 400)


async def test_numbers_of_whatever_size_are_422_where_text_is_wanted(
    users: httpx.AsyncClient,
) -> None:
    for number in (b"1" * 5000, b"1e999", b"-0.0"):
        raw = b'{"email":"x@y","role":"va","name":' + number + b"}"
        problem(await users.post("/users", content=raw), 422)


async def test_a_body_over_a_mebibyte_is_413(users: httpx.AsyncClient) -> None:
    problem(await users.post("/users", content=b"x" * (1024 * 1024 + 1)), 413)


async def test_wrong_methods_name_the_right_ones(users: httpx.AsyncClient) -> None:
    expected = {
        "/users": "GET, POST",
        "/users/x": "DELETE, GET, PATCH",
        "/users/x/profile": "GET",
        "/health": "GET",
    }
    for path, allowed in expected.items():
        answer = await users.put(path)
        problem(answer, 405)
        assert answer.headers["allow"] == allowed


async def test_health_names_the_database(users: httpx.AsyncClient) -> None:
    health = (await users.get("/health")).json()
    assert health["status"] == "healthy"
    assert [each["service"] for each in health["services"]] == ["database"]


async def test_a_seeded_user_has_the_id_that_was_asked_for(
    users: httpx.AsyncClient, user_app: FastAPI
) -> None:
    await user_app.state.service.seed("42", CreateUser(email="seed@x", role="va"))
    assert (await users.get("/users/42")).json()["email"] == "seed@x"


async def test_seeding_again_replaces_and_its_version_grows_also_over_a_deletion(
    users: httpx.AsyncClient, user_app: FastAPI
) -> None:
    seed = user_app.state.service.seed
    request = CreateUser(email="seed@x", role="va", name="A")
    assert (await seed("42", request)).version == 1
    assert (await seed("42", CreateUser(email="seed@x", role="va"))).version == 2
    assert "name" not in (await users.get("/users/42")).json()
    await users.delete("/users/42")
    assert (await seed("42", request)).version == 4
    assert (await users.get("/users/42")).json()["version"] == 4


async def test_seeding_refuses_what_cannot_be_an_id(user_app: FastAPI) -> None:
    with pytest.raises(ValueError, match="can't be an id"):
        await user_app.state.service.seed("a b", CreateUser(email="seed@x", role="va"))
