"""A call as a curl line, and a check's evidence as text."""

import os
import subprocess

import pytest

from seatrial.reports.evidence_text import answer_text, curl_line, evidence_text
from seatrial.results import Check, HttpExchange, Text, Verdict


def exchange(**values: object) -> HttpExchange:
    """A call whose answer isn't the declared one."""
    given = {
        "title": "the call",
        "at_s": 0.5,
        "method": "GET",
        "url": "http://127.0.0.1:4000/users/7/card",
        "status": 500,
        "took_s": 0.25,
        "answer_headers": {"content-type": "application/json"},
        "answer": '{"error": "boom"}',
    }
    return HttpExchange.model_validate(given | values)


def test_a_plain_get_is_short() -> None:
    assert curl_line(exchange()) == "curl -i http://127.0.0.1:4000/users/7/card"


def test_a_shell_reads_the_line_as_it_was_meant_and_takes_secrets_from_the_environment() -> None:
    nasty = 'it\'s "$(touch pwned)" `id` {"a": 1}'
    line = curl_line(
        exchange(
            method="POST",
            url="http://127.0.0.1:4000/x?a=1&b=$HOME",
            headers={"authorization": "Bearer {env.TOKEN}; v=$TOKEN", "x-odd": nasty},
            body=nasty,
        )
    )
    shown = subprocess.run(
        ["/bin/sh", "-c", line.replace("curl", "printf '%s\\n'", 1)],
        env={**os.environ, "TOKEN": "s3cret value"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert shown.splitlines() == [
        *("-i", "-X", "POST", "http://127.0.0.1:4000/x?a=1&b=$HOME"),
        *("-H", "authorization: Bearer s3cret value; v=$TOKEN"),
        *("-H", f"x-odd: {nasty}", "--data-raw", nasty),
    ]
    assert "s3cret" not in line


def test_an_answer_reads_like_http() -> None:
    assert answer_text(exchange()) == (
        'HTTP 500   after 0.250 s\ncontent-type: application/json\n\n{"error": "boom"}'
    )
    silent = exchange(status=None, answer="ReadTimeout", answer_headers={})
    assert answer_text(silent) == "no answer after 0.250 s: ReadTimeout"


@pytest.mark.parametrize(
    "said",
    ["edges.card.policy.retry.attempts = 3", "curl -i", "HTTP 500", "the last line", "it broke"],
)
def test_a_checks_text_has_all_that_a_reader_needs(said: str) -> None:
    check = Check(
        id="chaos.a.b",
        subject="s",
        verdict=Verdict.FAILED,
        explanation="it broke",
        evidence=(exchange(), Text(title="log", text="the last line")),
        rerun="r",
        declared={"edges.card.policy.retry.attempts": 3},
    )
    assert said in evidence_text(check)
