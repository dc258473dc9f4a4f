"""The plugin with a broker: its pacts are verified, and the results of whole runs published."""

import json
from collections.abc import Iterator

import pytest

from seatrial.results import RunVerdict, Verdict

from .broker_stand_in import StandIn, stand_in
from .small_project import Project

JSON = ("--seatrial-json", "out.json")
FOUND = "web → user-service: get a user (a user exists)"
NOBODY = "web → user-service: get nobody"


@pytest.fixture
def broker(project: Project, monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIn]:
    """A broker that has the project's pact as version 1.2 of web's main branch."""
    monkeypatch.delenv("PACT_BROKER_TOKEN", raising=False)
    project.write_pact()
    with stand_in() as running:
        running.put(json.loads(project.pact.read_text()), "1.2", "main")
        yield running


def run(project: Project, broker: StandIn, *options: str) -> pytest.RunResult:
    """Run the tests with the broker."""
    return project.pytest("contracts", *JSON, f"--pact-broker={broker.url}", *options)


PUBLISH = ("--pact-publish=7", "--pact-branch=main", "--pact-build-url=http://ci/1")


def test_the_brokers_pact_is_verified_and_the_result_published(
    project: Project, broker: StandIn
) -> None:
    ran = run(project, broker, *PUBLISH)
    assert ran.ret == 0, str(ran.stdout)
    assert "published: success of web → user-service (1.2) for version 7" in str(ran.stdout)
    (result,) = broker.results
    assert (result["success"], result["version"], result["buildUrl"]) == (True, "7", "http://ci/1")
    assert {test["testDescription"] for test in result["testResults"]} == {
        "1.2-web-get a user-a user exists",
        "1.2-web-get nobody",
    }
    assert broker.branches["user-service", "7"] == "main"
    published = next(c for c in project.result().checks if c.id == "contract.published")
    assert published.verdict is Verdict.PASSED


def test_several_workers_publish_one_result(project: Project, broker: StandIn) -> None:
    project.change("provider.py", '{"name": name}', '{"firstName": name}')
    run(project, broker, *PUBLISH, "-p", "xdist", "-n", "2", "--dist", "load")
    (result,) = broker.results
    assert (result["success"], len(result["testResults"])) == (False, 2)


def test_without_publish_nothing_is_published(project: Project, broker: StandIn) -> None:
    assert run(project, broker).ret == 0
    assert broker.results == []


def test_a_provider_that_breaks_a_pact_is_published_as_a_failure(
    project: Project, broker: StandIn
) -> None:
    broker.results.append({"sha": next(iter(broker.pacts)), "success": True, "version": "6"})
    broker.results[0]["provider"] = "user-service"
    broker.branches["user-service", "6"] = "main"  # so that the pact isn't pending
    project.change("provider.py", '{"name": name}', '{"firstName": name}')
    assert run(project, broker, *PUBLISH).ret == 1
    assert [result["success"] for result in broker.results] == [True, False]
    tests = {test["testDescription"]: test for test in broker.results[1]["testResults"]}
    broken = tests["1.2-web-get a user-a user exists"]
    assert "missing the following keys: name" in broken["mismatches"][0]


def test_a_pending_pact_that_does_not_hold_fails_nothing_and_is_told(
    project: Project, broker: StandIn
) -> None:
    project.change("provider.py", '{"name": name}', '{"firstName": name}')
    ran = run(project, broker, *PUBLISH)
    assert ran.ret == 0, str(ran.stdout)
    assert [result["success"] for result in broker.results] == [False]
    check = next(
        c for c in project.result().checks if c.id == "contract.provider" and c.subject == FOUND
    )
    assert check.verdict is Verdict.SKIPPED
    assert check.explanation.startswith("pending, and does not hold yet: user-service at")
    assert project.result().verdict is RunVerdict.PASSED


def test_a_pending_pact_with_an_unknown_state_breaks_no_build(
    project: Project, broker: StandIn
) -> None:
    project.change("test_all.py", '"a user exists"', '"another"')
    assert run(project, broker).ret == pytest.ExitCode.INTERRUPTED
    ran = run(project, broker, "--pact-branch=main")
    assert ran.ret == 0, str(ran.stdout)


@pytest.mark.parametrize(
    "filters",
    [
        ("-k", "nobody or consumer or committed"),
        ("--deselect", "contracts/test_all.py::test_provider[1.2-web-get nobody]"),
    ],
)
def test_a_filtered_run_publishes_nothing_and_fails(
    project: Project, broker: StandIn, filters: tuple[str, ...]
) -> None:
    ran = run(project, broker, *PUBLISH, *filters)
    assert ran.ret == 1
    assert broker.results == []
    assert "nothing was published: the run verified only 1 of 2 interactions" in str(ran.stdout)
    published = next(c for c in project.result().checks if c.id == "contract.published")
    assert published.verdict is Verdict.FAILED


def test_a_run_without_the_states_publishes_nothing(project: Project, broker: StandIn) -> None:
    ran = run(project, broker, *PUBLISH, "--pact-provider=user-service=http://127.0.0.1:9")
    assert ran.ret == 1
    assert broker.results == []


def test_an_interrupted_run_publishes_nothing(project: Project, broker: StandIn) -> None:
    project.change("test_all.py", "    pact_verify(interaction)", "    pytest.exit('enough')")
    run(project, broker, *PUBLISH)
    assert broker.results == []


def test_a_run_that_stops_at_the_first_failure_publishes_nothing(
    project: Project, broker: StandIn
) -> None:
    project.change("provider.py", '{"name": name}', '{"firstName": name}')
    project.change("test_all.py", "    pact_compare(cases)", "    assert not cases")
    assert run(project, broker, *PUBLISH, "-x").ret == 1
    assert broker.results == []


def test_a_test_that_proves_nothing_is_published_as_a_failure(
    project: Project, broker: StandIn
) -> None:
    project.change("test_all.py", "    pact_verify(interaction)", "    assert interaction")
    run(project, broker, *PUBLISH)
    assert [result["success"] for result in broker.results] == [False]


def test_a_broker_that_refuses_the_results_fails_the_run(project: Project, broker: StandIn) -> None:
    broker.fails["/pacticipants"] = (500, b"")
    ran = run(project, broker, *PUBLISH)
    assert ran.ret == 1
    assert "not all results were published: the broker failed at PUT" in str(ran.stdout)


@pytest.mark.parametrize("status", [401, 404, 500])
def test_a_broker_that_can_not_be_asked_is_told_at_collection(
    project: Project, broker: StandIn, status: int
) -> None:
    broker.fails["/"] = (status, b"")
    ran = run(project, broker)
    assert ran.ret == pytest.ExitCode.INTERRUPTED
    assert f"({status}" in str(ran.stdout)
    assert "Traceback" not in str(ran.stdout)
    sentences = (project.folder / "out.errors").read_text()
    assert sentences.startswith("the broker ")
    assert sentences.count("\n") == 1


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--pact-publish=7"], "--pact-publish needs --pact-broker URL as well"),
        (["--pact-branch=main"], "--pact-branch needs --pact-broker URL as well"),
        (["--pact-selector=main-branch"], "--pact-selector needs --pact-broker URL as well"),
        (["--pact-broker=http://x", "--pact-update"], "leave --pact-broker out"),
    ],
)
def test_a_wrong_option_is_told_in_a_sentence(
    project: Project, options: list[str], sentence: str
) -> None:
    ran = project.pytest("contracts", *options)
    assert ran.ret == pytest.ExitCode.USAGE_ERROR
    assert sentence in str(ran.stdout) + str(ran.stderr)
