"""Reading pacts: what is wrong with a file is told with its place and its mend."""

import json
from pathlib import Path
from typing import Any

import pytest

from seatrial.errors import UsageError
from seatrial.pacts.files import read_pact, read_pacts
from seatrial.pacts.interactions import Interaction, pact_document
from seatrial.pacts.kinds import HTTP


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


def test_another_version_is_told_with_its_mend(tmp_path: Path) -> None:
    document = pact_document("web", "user-service", [entry()])
    document["metadata"] = {"pactSpecification": {"version": "2.0.0"}}
    message = refused(written(tmp_path / "p.json", document))
    assert "is of pact version 2.0.0" in message
    assert 'with_specification("V4")' in message


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"metadata": None}, "names no pact version"),
        ({"metadata": {"pactSpecification": "4.0"}}, "names no pact version"),
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
    assert "(known: payments-service, user-service); mend the name" in message


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
