"""The proof of a failed check: its call, its requests, what was printed, what is declared."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

from seatrial.checks import OPENS_AT_THRESHOLD, Attempt, Call, Evidence, Finding, phases
from seatrial.config import DeclaredBreaker, DeclaredPolicy
from seatrial.results import HttpExchange, Text
from seatrial.scenarios.proof import declared_of, proof
from seatrial.testbed import MACHINE_CLOCK, ServiceLogs

POLICY = DeclaredPolicy(answers_within_s=9, breaker=DeclaredBreaker(failures=3, open_s=2.0))
HTTP = HttpExchange(
    title="", at_s=0, method="GET", url="http://127.0.0.1:1/u", status=200, took_s=0.1
)
CALLS = (
    Call("u1", phases.FAILING, 100.0, 100.5, "failed", 503, http=HTTP),
    Call("u2", phases.OPEN, 101.0, 101.1, "good", 200, http=HTTP),
    Call("u3", phases.OPEN, 102.0, 102.1, "good", 200, http=HTTP),
)
ASKED = Attempt("u2", 101.02, 101.06, 200, path="/users/u2?token=hunter2")
EVIDENCE = Evidence(POLICY, CALLS, (ASKED,))
TESTBED: Any = SimpleNamespace(
    name="card", edge=SimpleNamespace(policy=POLICY, consumer="shop", provider="users")
)


def _proof(finding: Finding, logs: ServiceLogs | None = None) -> tuple[HttpExchange | Text, ...]:
    return proof(TESTBED, OPENS_AT_THRESHOLD.id, finding, EVIDENCE, logs)


def test_the_request_that_shows_it_leads_to_its_call() -> None:
    (exchange,) = _proof(Finding.failed("asked", shown_by=ASKED))
    assert isinstance(exchange, HttpExchange)
    assert exchange.title == "the first call that shows it, to shop (phase open)"
    assert exchange.at_s == 1.0
    (sent,) = exchange.upstream
    assert (sent.at_s, sent.status, sent.answered_after_s) == (0.02, 200, 0.04)
    assert sent.path == "/users/u2?token=[redacted]"


def test_without_one_it_is_the_last_call_that_the_check_looked_at() -> None:
    (exchange,) = _proof(Finding.failed("asked"))
    assert exchange.title.startswith("the last call that the check looked at")
    assert isinstance(exchange, HttpExchange)
    assert exchange.at_s == 2.0


def test_secrets_that_services_print_are_taken_out(tmp_path: Path) -> None:
    log = tmp_path / "shop.log"
    log.write_text("connecting with password=hunter2\n")
    _, text = _proof(Finding.failed("x"), ServiceLogs({"shop": lambda: log}, MACHINE_CLOCK))
    assert isinstance(text, Text)
    assert text.text == "connecting with password=[redacted]"


def test_what_is_tested_is_declared_first_and_its_section_after_it() -> None:
    assert declared_of(TESTBED, OPENS_AT_THRESHOLD.id) == {
        "edges.card.policy.breaker.failures": 3,
        "edges.card.policy.breaker.open_s": 2.0,
    }
