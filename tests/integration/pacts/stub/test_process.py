"""The stub as a process, held to the very pact that it serves; and pacts that can't be served."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from contracts import PACTS
from seatrial.config import Config
from seatrial.errors import UsageError
from seatrial.pacts.files import read_pact
from seatrial.pacts.interactions import pact_document
from seatrial.pacts.stub import __main__ as stub_process
from seatrial.pacts.stub.process import load, parse
from seatrial.pacts.verification import Provider, verify_interaction
from seatrial.system import Launcher, Session

GOOD: dict[str, Any] = {
    "type": "Synchronous/HTTP",
    "description": "get a user",
    "request": {"method": "GET", "path": "/users/ada"},
    "response": {"status": 404},
}


@pytest.mark.parametrize("path", sorted(PACTS.glob("*.json")), ids=lambda path: path.stem)
def test_every_committed_pact_passes_its_own_verification(path: Path) -> None:
    pact = read_pact(path)
    with Session() as session:
        command = ["python", "-m", "seatrial.pacts.stub", "--pact", str(path)]
        said = session.start("stub", command).wait_listening()
        provider = Provider(
            pact.provider, said["url"], said["statesUrl"], messages_url=said["messagesUrl"]
        )
        for interaction in pact.interactions:
            verify_interaction(interaction, provider)


def write(tmp_path: Path, document: object) -> Path:
    file = tmp_path / "web-users.json"
    text = document if isinstance(document, str) else json.dumps(document)
    file.write_text(text, encoding="utf-8")
    return file


def changed(**more: Any) -> dict[str, Any]:
    return pact_document("web", "users", [{**GOOD, **more}])


WRONG = {"body": {"$.a": {"combine": "AND", "matchers": [{"match": "shape"}]}}}
MESSAGE = {"type": "Asynchronous/Messages", "description": "m", "contents": {"content": 1}}


@pytest.mark.parametrize(
    ("document", "told"),
    [
        ('{"consumer": ', "not a whole JSON document"),
        ({**changed(), "metadata": {"pactSpecification": {"version": "9.0"}}}, "version 9.0"),
        (changed(request={**GOOD["request"], "matchingRules": WRONG}), "'shape' is not known"),
        (pact_document("web", "shops", [GOOD]), "is about 'shops', not 'users'"),
        (pact_document("web", "users", [MESSAGE]), "holds messages alone"),
        (pact_document("web", "users", []), "holds no interaction"),
    ],
    ids=["truncated", "version", "matcher", "provider", "messages", "empty"],
)
def test_a_pact_that_cannot_be_served_is_told_in_one_sentence(
    tmp_path: Path, document: object, told: str
) -> None:
    file = write(tmp_path, document)
    with pytest.raises(UsageError) as refused:
        load(parse(["--provider", "users", "--pact", str(file)]))
    assert told in str(refused.value)
    assert str(file) in str(refused.value)
    assert "\n" not in str(refused.value)


def test_an_unknown_state_is_told_with_the_known_ones(tmp_path: Path) -> None:
    file = write(tmp_path, changed(providerStates=[{"name": "a user exists"}]))
    with pytest.raises(UsageError, match=r"'a usr exists' \(known: 'a user exists'\)"):
        load(parse(["--pact", str(file), "--state", "a usr exists"]))


def test_a_pact_that_is_not_there_ends_the_process_with_2(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "seatrial.pacts.stub", "--pact", str(tmp_path / "none.json")]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 2
    assert "none.json can't be read" in ended.stderr
    assert ended.stderr.count("\n") == 1
    assert ended.stdout == ""


def test_a_service_of_the_configuration_can_be_a_pact(tmp_path: Path) -> None:
    file = write(tmp_path, changed())
    config = Config.model_validate({"services": {"users": {"pact": file.name}}})
    with Session() as session:
        running = Launcher(session, config, tmp_path).start("users")
        provider = Provider("users", running.url, running.states_url)
        (interaction,) = read_pact(file).interactions
        verify_interaction(interaction, provider)


def test_without_its_extra_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(stub_process, "missing", lambda _: ["pact"])
    assert stub_process.main() == 2
    assert capsys.readouterr().err == "pact isn't installed; pip install 'seatrial[pact]'\n"
