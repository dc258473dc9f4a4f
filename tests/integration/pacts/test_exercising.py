"""Cases exercised against Pact's own mock provider: what passes is written, nothing else is."""

import httpx
import pytest

from seatrial.pacts.answers import HttpAnswer
from seatrial.pacts.bodies import encoded
from seatrial.pacts.book import Book
from seatrial.pacts.cases import Request, Response, given
from seatrial.pacts.exercising import exercise
from seatrial.pacts.failures import ContractBroken
from seatrial.pacts.kinds import kind_of
from seatrial.pacts.matchers import match, nullable, text

from .small_system import UserClient, case


def test_a_case_that_passes_gives_its_interaction() -> None:
    interaction = exercise(case(given=(given("a user exists", id="u1"),)))
    assert interaction.subject == "web → user-service: get a user (a user exists)"
    assert interaction.document["providerStates"] == [
        {"name": "a user exists", "params": {"id": "u1"}}
    ]
    assert interaction.document["request"] == {"method": "GET", "path": "/users/u1"}
    assert interaction.document["response"]["body"]["content"] == {"name": "Ada"}


def test_matchers_become_rules_and_examples() -> None:
    interaction = exercise(
        case(
            request=Request(
                "GET",
                match.regex("/users/u1", regex=r"/users/\w+"),
                headers={"x-a": match.regex("b", regex="[a-c]")},
            ),
            response=Response(200, {"name": text("Ada", "[A-Z].*"), "n": nullable(match.int(1))}),
            call=lambda client: client.name_of("u1", header="a"),
        )
    )
    rules = interaction.document["response"]["matchingRules"]["body"]
    assert [rule["match"] for rule in rules["$.name"]["matchers"]] == ["type", "regex"]
    assert rules["$.name"]["combine"] == "AND"
    assert [rule["match"] for rule in rules["$.n"]["matchers"]] == ["null", "integer"]
    assert rules["$.n"]["combine"] == "OR"
    assert interaction.document["response"]["body"]["content"] == {"name": "Ada", "n": 1}
    assert interaction.document["request"]["headers"] == {"x-a": ["b"]}


def test_a_client_that_asks_for_something_else_breaks_the_case() -> None:
    with pytest.raises(ContractBroken) as raised:
        exercise(case(call=lambda client: client.name_of("u2")))
    assert "web did not ask user-service as the case 'get a user' says" in raised.value.explanation
    assert "/users/u2" in raised.value.output
    assert isinstance(raised.value.__cause__, httpx.HTTPStatusError)  # the client's own error


def test_a_client_that_never_asks_breaks_the_case() -> None:
    async def nothing(_client: object) -> str:
        return "Ada"

    with pytest.raises(ContractBroken, match="Missing request: GET /users/u1"):
        exercise(case(call=nothing))


def test_a_client_that_can_not_take_the_answer_breaks_the_case() -> None:
    with pytest.raises(ContractBroken, match="web can't take the answer of 'get a user': KeyError"):
        exercise(case(response=Response(200, {"firstName": "Ada"})))


def test_a_client_that_makes_something_else_of_the_answer_breaks_the_case() -> None:
    with pytest.raises(ContractBroken) as raised:
        exercise(case(expect="Bob"))
    assert raised.value.output == "expected 'Bob'\ngot      'Ada'"


def test_a_response_without_a_body_has_none() -> None:
    interaction = exercise(case(response=Response(404), expect=None))
    assert interaction.document["response"] == {"status": 404}


def test_a_null_body_is_none_as_the_core_reads_it() -> None:
    interaction = exercise(case(response=Response(404, None), expect=None))
    assert interaction.document["response"]["body"] == {"content": None}


def test_the_book_plays_a_case_once_and_repeats_its_failure() -> None:
    calls = 0

    async def counted(client: object) -> str:
        nonlocal calls
        calls += 1
        raise OSError("no")

    book, broken = Book(), case(call=counted)
    for _ in range(2):
        with pytest.raises(ContractBroken, match="Missing request"):
            book.exercise(broken)
    assert calls == 1


def test_the_book_tells_two_cases_of_one_name_apart() -> None:
    book = Book()
    book.exercise(case())
    with pytest.raises(ContractBroken):
        book.exercise(case(expect="Bob"))


def test_a_pact_with_a_failed_case_is_not_written() -> None:
    with pytest.raises(ContractBroken, match="'web → user-service: two' failed itself"):
        Book().pact([case("one"), case("two", expect="Bob")])


def test_a_pact_holds_every_case_in_order_of_name() -> None:
    pact = Book().pact([case("two"), case("one")])
    assert [entry["description"] for entry in pact["interactions"]] == ["one", "two"]
    assert pact["metadata"] == {"pactSpecification": {"version": "4.0"}}


async def _asked(client: UserClient, method: str, **options: object) -> bytes:
    answer = await client.http.request(method, "/users/u1", **options)  # type: ignore[arg-type]
    answer.raise_for_status()
    return answer.content


def test_bytes_are_answered_and_written_as_they_are() -> None:
    image = b"\x89PNG\x00\xff\xfe"
    interaction = exercise(
        case(
            response=Response(200, image, content_type="image/png"),
            call=lambda client: _asked(client, "GET"),
            expect=image,
        )
    )
    assert encoded(interaction.document["response"]["body"]) == image
    judge = kind_of(interaction).judge(interaction)
    png = (("content-type", "image/png"),)
    assert judge(HttpAnswer(image, 200, png)) is None
    assert judge(HttpAnswer(image[:-1], 200, png)) is not None


def test_a_form_and_repeated_parameters_and_headers_are_sent() -> None:
    form = "application/x-www-form-urlencoded"
    interaction = exercise(
        case(
            request=Request(
                "POST",
                "/users/u1",
                query={"tag": ["a", "b"]},
                headers={"x-role": ["va", "company"]},
                body={"name": "Ada L", "tag": ["x", "y"]},
                content_type=form,
            ),
            response=Response(204),
            call=lambda client: _asked(
                client,
                "POST",
                params={"tag": ["a", "b"]},
                headers=[("x-role", "va"), ("x-role", "company")],
                data={"name": "Ada L", "tag": ["x", "y"]},
            ),
            expect=b"",
        )
    )
    request = interaction.document["request"]
    assert request["query"] == {"tag": ["a", "b"]}
    assert request["headers"]["x-role"] == ["va", "company"]
    assert encoded(request["body"]) == b"name=Ada+L&tag=x&tag=y"


def test_one_of_repeated_values_that_is_missing_breaks_the_case() -> None:
    with pytest.raises(ContractBroken):
        exercise(
            case(
                request=Request("GET", "/users/u1", query={"tag": ["a", "b"]}),
                response=Response(204),
                call=lambda client: _asked(client, "GET", params={"tag": ["a"]}),
                expect=b"",
            )
        )


def test_a_text_is_answered_as_a_text() -> None:
    interaction = exercise(
        case(
            response=Response(200, "id;name\n1;Ada\n", content_type="text/csv"),
            call=lambda client: _asked(client, "GET"),
            expect=b"id;name\n1;Ada\n",
        )
    )
    assert interaction.document["response"]["body"]["content"] == "id;name\n1;Ada\n"
