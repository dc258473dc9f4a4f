"""The pytest plugin in a project of a team's own."""

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from seatrial.results import RunVerdict, Verdict

from .small_project import Project
from .small_system import Answering

Serve = Callable[..., Answering]
JSON = ("--seatrial-json", "out.json")
MESSAGE = """
async def millimetres(message):
    import json
    return json.loads(message)["mm"]

RAIN = MessageCase(
    pair=PAIR,
    description="it rained",
    contents={"mm": match.int(3)},
    receive=millimetres,
    expect=3,
)
"""
FOUND = "web → user-service: get a user (a user exists)"
NOBODY = "web → user-service: get nobody"


def verdicts(project: Project) -> dict[tuple[str, str], Verdict]:
    """Return what the result says of each check."""
    return {(check.id, check.subject): check.verdict for check in project.result().checks}


def test_a_good_run_is_told_check_by_check(project: Project) -> None:
    project.write_pact()
    run = project.pytest("contracts", *JSON, "--junit-xml", "junit.xml")
    assert run.ret == 0, str(run.stdout)
    assert verdicts(project) == {
        ("contract.consumer", FOUND): Verdict.PASSED,
        ("contract.consumer", NOBODY): Verdict.PASSED,
        ("contract.committed", "web → user-service: pacts/web-user-service.json"): Verdict.PASSED,
        ("contract.provider", FOUND): Verdict.PASSED,
        ("contract.provider", NOBODY): Verdict.PASSED,
    }
    result = project.result()
    assert (result.command, result.verdict) == ("contracts", RunVerdict.PASSED)
    counts = {"consumer_checks": 2, "committed_checks": 1, "provider_checks": 2}
    assert counts.items() <= result.figures.items()
    assert result.figures["contracts_s"] > result.figures["verify_ms"] / 1000 > 0
    junit = ET.parse(project.folder / "junit.xml")  # noqa: S314 - pytest wrote it
    names = {f"{case.get('classname')}.{case.get('name')}" for case in junit.iter("testcase")}
    assert "contracts.test_all.test_provider[web-get a user-a user exists]" in names
    assert "contracts.test_all.test_provider[web-get nobody]" in names


def test_a_provider_that_breaks_one_interaction_turns_that_one_red(project: Project) -> None:
    project.write_pact()
    project.change("provider.py", '{"name": name}', '{"firstName": name}')
    run = project.pytest("contracts", *JSON)
    assert run.ret == 1
    failed = [check for check in project.result().checks if check.verdict is Verdict.FAILED]
    (check,) = failed
    assert (check.id, check.subject) == ("contract.provider", FOUND)
    assert "missing the following keys: name" in check.explanation
    assert "\n" not in check.explanation
    exchange, text = check.evidence
    assert exchange.kind == "exchange"
    assert text.kind == "text"
    assert "has a matching body (FAILED)" in text.text
    repeated = re.fullmatch(r"pytest '(.+)'", check.rerun)
    assert repeated is not None
    assert project.pytest(repeated[1]).ret == 1


def test_a_consumer_that_changes_turns_its_case_and_the_committed_pact_red(
    project: Project,
) -> None:
    project.write_pact()
    project.change("cases.py", 'answer.json()["name"]', 'answer.json()["firstName"]')
    assert project.pytest("contracts", *JSON).ret == 1
    red = {key for key, verdict in verdicts(project).items() if verdict is Verdict.FAILED}
    assert red == {
        ("contract.consumer", FOUND),
        ("contract.committed", "web → user-service: pacts/web-user-service.json"),
    }


def test_a_pact_that_was_edited_turns_the_comparison_red(project: Project) -> None:
    project.write_pact()
    project.pact.write_text(project.pact.read_text().replace('"Ada"', '"Bob"'))
    run = project.pytest("contracts", *JSON)
    assert run.ret == 1
    red = [check for check in project.result().checks if check.verdict is Verdict.FAILED]
    assert [check.id for check in red] == ["contract.committed"]
    assert "--pact-update" in red[0].explanation


def test_updating_writes_the_pact_and_verifies_no_provider(project: Project) -> None:
    project.change("provider.py", "server.serve_forever()", "raise SystemExit(9)")
    project.write_pact()
    first = project.pact.read_text()
    project.write_pact()
    assert project.pact.read_text() == first


def test_a_failed_case_is_not_taken_over_by_an_update(project: Project) -> None:
    project.write_pact()
    before = project.pact.read_text()
    project.change("cases.py", 'match.str("Ada")', 'match.str("Bob")')
    assert project.pytest("contracts", "--pact-update").ret == 1
    assert project.pact.read_text() == before


@pytest.mark.parametrize(
    ("file", "old", "new", "sentence"),
    [
        ("test_all.py", '"a user exists"', '"a user exits"', "no handler of the state 'a user ex"),
        ("test_all.py", 'pact_provider("user', 'pact_provider("usr', "names the provider 'usr-ser"),
        ("pacts/web-user-service.json", '"user-service"', '"usr-service"', "is not known here"),
        ("pacts/web-user-service.json", '"4.0"', '"9.0.0"', "is of pact version 9.0.0"),
        ("pacts/web-user-service.json", '"metadata"', "", "not a whole JSON document"),
        (
            "pacts/web-user-service.json",
            '"match": "type"',
            '"match": "likes"',
            "'likes' is not known",
        ),
        ("cases.py", "get nobody", "get a user", None),
    ],
)
def test_what_is_wrong_fails_at_collection_in_a_sentence(
    project: Project, file: str, old: str, new: str, sentence: str | None
) -> None:
    project.write_pact()
    project.change(file, old, new)
    if sentence is None:  # two cases of one name: only once their states agree, too
        project.change("cases.py", 'given=(given("a user exists", id="u1"),),', "")
        sentence = "two cases are called 'web → user-service: get a user'"
    run = project.pytest("contracts", *JSON)
    assert run.ret == pytest.ExitCode.INTERRUPTED
    assert sentence in str(run.stdout)
    assert "Traceback" not in str(run.stdout)
    assert "_hookexec" not in str(run.stdout)
    assert not (project.folder / "out.json").exists()


def test_without_states_the_interactions_that_need_one_are_skipped_by_name(
    project: Project, serve: Serve
) -> None:
    project.write_pact()
    running = serve({})
    run = project.pytest("contracts", *JSON, f"--pact-provider=user-service={running.url}", "-rs")
    assert run.ret == 0, str(run.stdout)
    assert verdicts(project)["contract.provider", FOUND] is Verdict.SKIPPED
    assert verdicts(project)["contract.provider", NOBODY] is Verdict.PASSED
    skipped = next(c for c in project.result().checks if c.verdict is Verdict.SKIPPED)
    assert "--pact-states user-service=URL" in skipped.explanation
    assert f"--pact-provider=user-service={running.url}" in skipped.rerun
    assert running.asked == [("GET", "/users/u2", None)]


def test_a_provider_elsewhere_is_verified_with_its_own_states(
    project: Project, serve: Serve
) -> None:
    project.write_pact()
    # Its states have handlers of its own: ours need not know them.
    project.change("test_all.py", 'handler("a user exists")', 'handler("another")')
    running = serve({"/users/u1": (200, {"name": "Ada"})})
    options = (
        f"--pact-provider=user-service={running.url}",
        f"--pact-states=user-service={running.url}/states",
    )
    run = project.pytest("contracts", *JSON, *options)
    assert run.ret == 0, str(run.stdout)
    assert verdicts(project)["contract.provider", FOUND] is Verdict.PASSED
    assert ("POST", "/states") in {entry[:2] for entry in running.asked}


@pytest.mark.parametrize("given", [True, False])
def test_a_message_is_verified_where_there_is_an_address_and_else_skipped_by_name(
    project: Project, serve: Serve, given: bool
) -> None:
    project.change("cases.py", "import Case, Pair", "import Case, MessageCase, Pair")
    project.change("cases.py", "CASES = (", MESSAGE + "CASES = (\n    RAIN,")
    project.write_pact()
    running = serve({None: (200, {"mm": 9})})
    options = [f"--pact-provider=user-service={running.url}", "-rs"]
    if given:
        options.append(f"--pact-messages=user-service={running.url}/messages")
    run = project.pytest("contracts", *JSON, *options)
    assert run.ret == 0, str(run.stdout)
    rain = {
        c.id: c for c in project.result().checks if c.subject == "web → user-service: it rained"
    }
    assert rain["contract.consumer"].verdict is Verdict.PASSED
    assert rain["contract.consumer"].explanation == "web makes the expected of the message"
    verified = rain["contract.provider"]
    assert verified.verdict is (Verdict.PASSED if given else Verdict.SKIPPED)
    assert ("--pact-messages user-service=URL" in verified.explanation) is not given


def test_verifying_nothing_is_a_failure(project: Project, serve: Serve) -> None:
    project.write_pact()
    url = serve({}).url
    run = project.pytest(
        "contracts", "-k", "get_a or exists", *JSON, f"--pact-provider=user-service={url}"
    )
    assert run.ret == 1
    assert "nothing was verified of user-service" in str(run.stdout)
    assert verdicts(project)["contract.verified", "user-service"] is Verdict.FAILED


def test_a_test_that_proves_nothing_fails(project: Project) -> None:
    project.write_pact()
    project.change("test_all.py", "    pact_exercise(case)", "    assert case")
    project.change("test_all.py", "    pact_compare(cases)", "    assert cases")
    project.change("test_all.py", "    pact_verify(interaction)", "    assert interaction")
    run = project.pytest("contracts", *JSON)
    assert run.ret == 1
    assert set(verdicts(project).values()) == {Verdict.FAILED}
    assert "passed without proving anything" in str(run.stdout)


def test_a_provider_that_does_not_start_shows_its_last_lines(project: Project) -> None:
    project.write_pact()
    project.change("provider.py", "USERS = {}", "raise SystemExit('no database')")
    run = project.pytest("contracts", *JSON)
    assert run.ret == 1
    assert "no database" in str(run.stdout)
    check = next(c for c in project.result().checks if c.id == "contract.provider")
    assert "user-service ended with status 1 before it listened" in check.explanation


def test_a_provider_that_dies_on_the_way_shows_its_last_lines(project: Project) -> None:
    project.write_pact()
    project.change(
        "provider.py",
        "        name = USERS.get(self.path)",
        "        print('out of memory', flush=True); import os; os._exit(7)",
    )
    run = project.pytest("contracts", *JSON)
    assert run.ret == 1
    check = next(c for c in project.result().checks if c.id == "contract.provider")
    assert check.explanation.startswith("user-service ended with status 7 before it answered")
    assert "out of memory" in str(run.stdout)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--pact-provider=user-service"], "write it as NAME=http://HOST:PORT"),
        (["--pact-provider==http://x"], "write it as NAME=http://HOST:PORT"),
        (["--pact-provider=user-service=x:1"], "write it as NAME=http://HOST:PORT"),
        (["--pact-states=user-service=http://x"], "needs --pact-provider user-service=URL"),
        (["--pact-messages=user-service=http://x"], "needs --pact-provider user-service=URL"),
        (["--pact-provider=usr=http://x"], "no test verifies usr (known: user-service)"),
        (["--seatrial-json=no/where.json"], "there is no folder no; make it"),
    ],
)
def test_a_wrong_option_is_told_in_a_sentence(
    project: Project, options: list[str], sentence: str
) -> None:
    project.write_pact()
    run = project.pytest("contracts", *options)
    assert run.ret == pytest.ExitCode.USAGE_ERROR
    assert sentence in str(run.stdout) + str(run.stderr)
    assert "Traceback" not in str(run.stdout) + str(run.stderr)


def test_an_old_result_is_not_taken_for_this_runs(project: Project) -> None:
    (project.folder / "out.json").write_text("{}")
    project.pytest("contracts", *JSON)  # no pact is committed
    assert not (project.folder / "out.json").exists()


def test_a_run_that_is_interrupted_keeps_what_it_found_and_is_invalid(project: Project) -> None:
    project.write_pact()
    project.change("test_all.py", "    pact_compare(cases)", "    pytest.exit('enough')")
    project.pytest("contracts", *JSON)
    result = project.result()
    assert result.verdict is RunVerdict.INVALID
    assert [check.id for check in result.checks] == ["contract.consumer"] * 2
    assert "interrupted" in result.notes[0]


def test_several_workers_find_the_same(project: Project) -> None:
    project.write_pact()
    project.change("provider.py", '{"name": name}', '{"firstName": name}')
    run = project.pytest("contracts", *JSON, "-p", "xdist", "-n", "2", "--dist", "load")
    assert run.ret == 1
    failed = [check for check in project.result().checks if check.verdict is Verdict.FAILED]
    assert [(check.id, check.subject) for check in failed] == [("contract.provider", FOUND)]
    assert "missing the following keys: name" in failed[0].explanation
    assert len(verdicts(project)) == 5


def test_other_tests_of_the_folder_are_not_lost(project: Project) -> None:
    project.write_pact()
    (project.contracts / "test_more.py").write_text("def test_no(): assert 1 == 2, 'no'\n")
    assert project.pytest("contracts", *JSON).ret == 1
    check = project.result().checks[-1]
    assert (check.id, check.subject) == ("contract.other", "contracts/test_more.py::test_no")
    assert check.verdict is Verdict.FAILED


@pytest.mark.parametrize(
    ("test", "sentence"),
    [
        (
            "@pytest.mark.pact_consumer()\ndef test_it(case, pact_exercise): ...",
            "the marker pact_consumer can't be read: missing a required argument: 'cases'; write "
            "@pytest.mark.pact_consumer(cases)",
        ),
        (
            "@pytest.mark.pact_provider('users')\ndef test_it(interaction, pact_verify): ...",
            "missing a required argument: 'pacts'; write @pytest.mark.pact_provider(name, pacts=…)",
        ),
        (
            "@pytest.mark.pact_strength([], waiver='x')\ndef test_it(case, pact_judge): ...",
            "the marker pact_strength can't be read:",
        ),
        (
            "@pytest.mark.pact_consumer([])\ndef test_it(pact_exercise): ...",
            "gives the test a parameter 'case', which it doesn't take; write "
            "def test_it(case, pact_exercise)",
        ),
    ],
)
def test_a_marker_that_lacks_something_is_refused_in_a_sentence(
    project: Project, test: str, sentence: str
) -> None:
    (project.contracts / "test_wrong.py").write_text(f"import pytest\n\n{test}\n")
    run = project.pytest("contracts/test_wrong.py")
    assert run.ret == pytest.ExitCode.INTERRUPTED
    assert sentence in run.stdout.str()
    assert "TypeError" not in run.stdout.str()


def test_the_plugin_needs_no_extra_and_loads_nothing(tmp_path: Path) -> None:
    (tmp_path / "test_plain.py").write_text(
        "import sys\n"
        "def test_plain():\n"
        "    assert not [m for m in sys.modules if m.startswith('seatrial.') "
        "and not m.startswith('seatrial.pytest_')]\n"
    )
    program = (
        "import sys; sys.modules['pact'] = sys.modules['pydantic'] = None; import pytest;"
        "sys.exit(pytest.main(['-p', 'seatrial.pytest_plugin', '-q']))"
    )
    run = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env={"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr


def test_a_missing_pact_python_is_told_in_a_sentence() -> None:
    program = (
        "import sys; sys.modules['pact'] = None\n"
        "from seatrial.errors import UsageError\n"
        "try: from seatrial.pacts import Case\n"
        "except UsageError as error: print(error)\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert run.stdout.strip() == (
        "pact-python isn't installed; pip install 'seatrial[pact]' brings it"
    )
