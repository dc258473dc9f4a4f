"""Reading pacts of any version; what is wrong with a file is said with its place."""

import json
from pathlib import Path
from typing import Any

import pytest

from seatrial.errors import UsageError
from seatrial.pacts.files import read_pact, read_pacts
from seatrial.pacts.interactions import Interaction, pact_document
from seatrial.pacts.kinds import HTTP, MESSAGE, kind_of


def entry(description: str = "get a user", **more: Any) -> dict[str, Any]:
    """An interaction as a file has it."""
    return {
        "description": description,
        "type": "Synchronous/HTTP",
        "request": {"method": "GET", "path": "/users/u1"},
        "response": {"status": 200},
        **more,
    }


def written(path: Path, document: object) -> Path:
    """The path, with the document in it."""
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def refused(path: Path) -> str:
    """The sentence that a file is refused with."""
    with pytest.raises(UsageError) as raised:
        read_pact(path)
    message = str(raised.value)
    assert str(path) in message
    assert "\n" not in message
    return message


def test_a_good_file_is_read_whole(tmp_path: Path) -> None:
    states = [{"name": "a user exists", "params": {"id": "u1"}}, {"name": "it rains"}]
    document = pact_document("web", "user-service", [entry(providerStates=states)])
    pact = read_pact(written(tmp_path / "p.json", document))
    (interaction,) = pact.interactions
    assert (pact.consumer, pact.provider) == ("web", "user-service")
    assert interaction.state_names == ("a user exists", "it rains")
    assert interaction.id == "web-get a user-a user exists and it rains"
    assert interaction.subject == "web → user-service: get a user (a user exists and it rains)"


def test_an_interaction_without_states_is_named_without_them(tmp_path: Path) -> None:
    document = pact_document("web", "user-service", [entry()])
    (interaction,) = read_pact(written(tmp_path / "p.json", document)).interactions
    assert interaction.id == "web-get a user"
    assert interaction.subject == "web → user-service: get a user"


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    assert "can't be read: No such file" in refused(tmp_path / "p.json")


def test_a_truncated_file_is_told_with_its_place(tmp_path: Path) -> None:
    path = tmp_path / "p.json"
    path.write_text(json.dumps(pact_document("web", "user-service", [entry()]))[:60])
    message = refused(path)
    assert "not a whole JSON document" in message
    assert "line 1 column" in message
    assert "--pact-update" in message


def test_a_file_that_is_not_text_is_told(tmp_path: Path) -> None:
    path = tmp_path / "p.json"
    path.write_bytes(b"\xff\xfe\x00\x80")
    assert "not a whole JSON document" in refused(path)


OLD = {"description": "ask", "request": {"method": "get", "path": "/a", "query": "x=1&x=2"}}
JSON_BODY = {"status": 200, "headers": {"Content-Type": "application/json"}, "body": {"n": 1}}
RULE = {"matchers": [{"match": "integer"}]}


@pytest.mark.parametrize(
    ("version", "response", "states"),
    [
        ("1.0.0", JSON_BODY, {"provider_state": "there is one"}),
        ("1.1.0", JSON_BODY, {"providerState": "there is one"}),
        (
            "2.0.0",
            {**JSON_BODY, "matchingRules": {"$.body.n": {"match": "integer"}}},
            {"providerState": "there is one"},
        ),
        (
            "3.0.0",
            {**JSON_BODY, "matchingRules": {"body": {"$.n": RULE}}},
            {"providerStates": [{"name": "there is one"}]},
        ),
    ],
)
def test_every_version_is_read_as_pact_reads_it(
    tmp_path: Path, version: str, response: dict[str, Any], states: dict[str, Any]
) -> None:
    document = pact_document("web", "shop", [{**OLD, "response": response, **states}])
    document["metadata"] = {"pactSpecification": {"version": version}}
    (interaction,) = read_pact(written(tmp_path / "p.json", document)).interactions
    assert interaction.state_names == ("there is one",)
    request, answer = interaction.document["request"], interaction.document["response"]
    assert (request["method"], request["query"]) == ("GET", {"x": ["1", "2"]})
    assert answer["body"] == {
        "content": {"n": 1},
        "contentType": "application/json",
        "encoded": False,
    }
    rules = answer.get("matchingRules", {}).get("body", {})
    assert list(rules) == (["$.n"] if version[0] in "23" else [])


def test_the_messages_of_version_3_are_read(tmp_path: Path) -> None:
    document = pact_document("web", "shop", [])
    del document["interactions"]
    document["messages"] = [{"description": "told", "contents": {"n": 1}}]
    document["metadata"] = {"pactSpecification": {"version": "3.0.0"}}
    (interaction,) = read_pact(written(tmp_path / "p.json", document)).interactions
    assert kind_of(interaction) is MESSAGE
    assert MESSAGE.example(interaction).body == b'{"n":1}'


def test_a_body_that_is_null_is_empty(tmp_path: Path) -> None:
    response = {"status": 200, "body": None}
    document = pact_document("web", "shop", [{**OLD, "response": response}])
    document["metadata"] = {"pactSpecification": {"version": "2.0.0"}}
    (interaction,) = read_pact(written(tmp_path / "p.json", document)).interactions
    assert HTTP.example(interaction).body == b""


def test_a_version_that_nobody_knows_is_refused(tmp_path: Path) -> None:
    document = pact_document("web", "shop", [entry()])
    document["metadata"] = {"pactSpecification": {"version": "9.0"}}
    assert "is of pact version 9.0, which isn't known" in refused(
        written(tmp_path / "p.json", document)
    )


def test_states_with_other_parameters_make_another_interaction(tmp_path: Path) -> None:
    both = [entry(providerStates=[{"name": "a user", "params": {"id": one}}]) for one in (1, 2)]
    document = pact_document("web", "shop", both)
    names = [one.id for one in read_pact(written(tmp_path / "p.json", document)).interactions]
    assert names == ['web-get a user-a user {"id": 1}', 'web-get a user-a user {"id": 2}']


def answered(body: object, rule: dict[str, Any], **more: Any) -> dict[str, Any]:
    """An interaction with a rule for a field of its answer."""
    content = {"content": body, "contentType": "application/json", "encoded": False}
    rules = {"body": {"$.n": {"combine": "AND", "matchers": [rule]}}}
    response = {"status": 200, "body": content, "matchingRules": rules, **more}
    return entry(response=response)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (
            {"metadata": {"pactSpecification": {"version": "4.0"}, "plugins": [{"name": "csv"}]}},
            "needs the plugin csv",
        ),
        (
            {"interactions": [{k: v for k, v in entry().items() if k != "type"}]},
            "interaction 1: it has no type",
        ),
        (
            {"interactions": [answered({"n": "a"}, {"match": "regex", "regex": "(*"})]},
            "the example of its response fails its own rule: $.n: '(*' is not a valid regular",
        ),
        (
            {"interactions": [answered({"n": "a"}, {"match": "integer"})]},
            "the example of its response fails its own rule",
        ),
        (
            {
                "interactions": [
                    entry(
                        request={
                            "method": "GET",
                            "path": "/a",
                            "matchingRules": {
                                "path": {"matchers": [{"match": "regex", "regex": "/b"}]}
                            },
                        }
                    )
                ]
            },
            "the example of its request fails its own rule: path",
        ),
    ],
)
def test_what_would_be_blamed_on_the_provider_is_refused_by_name(
    tmp_path: Path, change: dict[str, Any], sentence: str
) -> None:
    document = {**pact_document("web", "shop", [entry()]), **change}
    assert sentence in refused(written(tmp_path / "p.json", document))


@pytest.mark.parametrize(
    ("body", "rule", "more"),
    [
        ({"n": "a"}, {"match": "not-empty"}, {}),
        ({"n": 1.5}, {"match": "real"}, {}),
        ({"n": [1]}, {"min": 1}, {}),
        (
            {"n": ""},
            {"match": "regex", "regex": "\\d+"},
            {"generators": {"body": {"$.n": {"type": "Regex", "regex": "\\d+"}}}},
        ),
    ],
)
def test_whatever_the_core_takes_is_read(
    tmp_path: Path, body: object, rule: dict[str, Any], more: dict[str, Any]
) -> None:
    document = pact_document("web", "shop", [answered(body, rule, **more)])
    assert read_pact(written(tmp_path / "p.json", document)).interactions


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"consumer": {}}, "names no consumer"),
        ({"provider": {"name": ""}}, "names no provider"),
        ({"interactions": []}, "holds no interaction"),
        ({"interactions": {"0": entry()}}, "holds no interaction"),
        ({"interactions": [entry(), {"request": {}}]}, "interaction 2: it has no description"),
        ({"interactions": [entry(type="Synchronous/Messages")]}, "of type 'Synchronous/Mess"),
        ({"interactions": [entry(type="Asynchronous/Messages")]}, "has no contents"),
        (
            {"interactions": [entry(request={"method": "GET"})]},
            "its request has no method and path",
        ),
        ({"interactions": [entry(response={})]}, "its response has no status"),
        ({"interactions": [entry(providerStates=["x"])]}, "a provider state has no name"),
        ({"interactions": [entry(), entry()]}, "two interactions are called 'web → user-service"),
    ],
)
def test_each_fault_has_its_sentence(tmp_path: Path, change: dict[str, Any], sentence: str) -> None:
    document = {**pact_document("web", "user-service", [entry()]), **change}
    assert sentence in refused(written(tmp_path / "p.json", document))


@pytest.mark.parametrize("document", [None, [], "pact", 4])
def test_json_that_is_no_pact_is_told(tmp_path: Path, document: object) -> None:
    assert "holds no JSON object" in refused(written(tmp_path / "p.json", document))


def test_the_same_description_with_another_state_is_another_interaction(tmp_path: Path) -> None:
    both = [entry(), entry(providerStates=[{"name": "a user exists"}])]
    document = pact_document("web", "user-service", both)
    assert len(read_pact(written(tmp_path / "p.json", document)).interactions) == 2


def test_an_empty_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="holds no pact"):
        read_pacts(tmp_path, ["user-service"])


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="holds no pact"):
        read_pacts(tmp_path / "pacts", ["user-service"])


def test_an_unknown_provider_is_told_with_the_known_ones(tmp_path: Path) -> None:
    path = written(tmp_path / "p.json", pact_document("web", "usr-service", [entry()]))
    with pytest.raises(UsageError) as raised:
        read_pacts(tmp_path, ["user-service", "payments-service"])
    message = str(raised.value)
    assert str(path) in message
    assert "'usr-service'" in message
    assert "(known: payments-service, user-service); fix the name" in message


def test_two_files_of_one_pair_are_refused(tmp_path: Path) -> None:
    document = pact_document("web", "user-service", [entry()])
    written(tmp_path / "a.json", document)
    written(tmp_path / "b.json", document)
    with pytest.raises(UsageError, match=r"a\.json and .*b\.json are both of web and user-service"):
        read_pacts(tmp_path, ["user-service"])


def test_an_interaction_alone_is_a_pact_of_its_own(tmp_path: Path) -> None:
    document = pact_document("web", "user-service", [entry("one"), entry("two")])
    _, second = read_pact(written(tmp_path / "p.json", document)).interactions
    (alone,) = read_pact(written(tmp_path / "alone.json", second.alone())).interactions
    assert alone == second


@pytest.mark.parametrize(
    ("part", "generators", "takes"),
    [
        ("request", {"path": {"type": "ProviderState", "expression": "/users/${id}"}}, True),
        ("response", {"body": {"$.id": {"type": "ProviderState", "expression": "${id}"}}}, True),
        ("request", {"path": {"type": "RandomInt"}}, False),
        ("request", None, False),
    ],
)
def test_an_interaction_knows_whether_it_takes_values_of_a_state(
    part: str, generators: object, takes: bool
) -> None:
    document = entry()
    document[part]["generators"] = generators
    assert HTTP.takes_values(Interaction("web", "user-service", document)) is takes


@pytest.mark.parametrize(
    ("matcher", "sentence"),
    [
        ({"match": "likes"}, "the matcher 'likes' is not known (known: arrayContains, boolean"),
        ({"match": "regex"}, "the matcher 'regex' lacks regex"),
        ({}, "{} names no matcher"),
        ("type", '"type" names no matcher'),
        ({"match": "eachValue", "rules": [{"match": "likes"}]}, "$.n.rules: the matcher 'likes'"),
        (
            {
                "match": "arrayContains",
                "variants": [{"rules": {"$.x": {"matchers": [{"match": "likes"}]}}}],
            },
            "the matcher 'likes' is not known",
        ),
    ],
)
@pytest.mark.parametrize("part", ["request", "response", "message"])
def test_an_unknown_matcher_is_told_with_its_place(
    tmp_path: Path, matcher: object, sentence: str, part: str
) -> None:
    rules = {"matchingRules": {"body": {"$.n": {"combine": "AND", "matchers": [matcher]}}}}
    bad = entry("x")
    if part == "message":
        bad = {
            "description": "x",
            "type": "Asynchronous/Messages",
            "contents": {"content": 1},
            **rules,
        }
    else:
        bad[part].update(rules)
    message = refused(
        written(tmp_path / "p.json", pact_document("web", "user-service", [entry(), bad]))
    )
    assert sentence in message
    assert "interaction 2 (x): matchingRules.body.$.n" in message
