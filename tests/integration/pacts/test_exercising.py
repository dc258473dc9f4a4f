"""Cases exercised against Pact's own mock provider: what passes is written, nothing else is."""

import httpx
import pytest

from seatrial.pacts.book import Book
from seatrial.pacts.cases import Request, Response, given
from seatrial.pacts.exercising import exercise
from seatrial.pacts.failures import ContractBroken
from seatrial.pacts.matchers import match, nullable, text

from .small_system import case


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
