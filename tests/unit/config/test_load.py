"""`seatrial.toml`: what is wrong is said all at once, with line and fix."""

from pathlib import Path

import pytest

from seatrial.config import load_config
from seatrial.config.load import line_of
from seatrial.errors import UsageError

ROOT = Path(__file__).parents[3]


def refused(tmp_path: Path, text: str) -> str:
    """What is said about a file."""
    path = tmp_path / "seatrial.toml"
    path.write_text(text)
    with pytest.raises(UsageError) as caught:
        load_config(path)
    return str(caught.value)


def test_the_repositorys_own_file_is_read() -> None:
    policy = load_config(ROOT / "seatrial.toml").edges["card"].policy
    assert policy.breaker is not None
    assert policy.breaker.failures == 5


def test_a_missing_file_is_named_with_its_mend(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"nowhere\.toml: there is no such file; .*--config"):
        load_config(tmp_path / "nowhere.toml")


def test_broken_toml_says_line_and_column(tmp_path: Path) -> None:
    assert "at line 2" in refused(tmp_path, "seed = 1\n[services\n")


def test_every_error_is_said_at_once_each_with_its_line(tmp_path: Path) -> None:
    said = refused(tmp_path, 'seed = -1\n[services.a]\ncommand = ["x"]\ncwdd = "."\n').splitlines()
    assert len(said) == 2
    assert ":1: seed:" in said[0]
    assert ":4: services.a.cwdd: unknown key; did you mean 'cwd'?" in said[1]


@pytest.mark.parametrize("value", ["0", "-1", "nan", "inf", "true", "[]", '"soon"', "1e9"])
def test_an_impossible_time_is_refused_at_its_line(tmp_path: Path, value: str) -> None:
    text = (ROOT / "seatrial.toml").read_text().replace("open_s = 1.5", f"open_s = {value}")
    assert "edges.card.policy.wire.breaker.open_s:" in refused(tmp_path, text)


def test_an_edge_to_nobody_names_who_there_is(tmp_path: Path) -> None:
    text = (ROOT / "seatrial.toml").read_text().replace('= "user-service"', '= "usr"')
    said = refused(tmp_path, text)
    (found_line,) = [line for line in said.splitlines() if "edges.card.provider" in line]
    assert "there is no 'usr'; there is: user-service" in found_line
    assert text.splitlines()[int(found_line.split(":")[1]) - 1] == 'provider = "usr"'


def test_a_service_needs_one_way_to_be_reached(tmp_path: Path) -> None:
    said = refused(tmp_path, '[services.a]\nurl = "http://127.0.0.1:1"\ncommand = ["x"]\n')
    assert "needs one of a command, a url and a pact" in said


@pytest.mark.parametrize("kind", ["rest", "status-700", "kill-", "slow-never"])
def test_a_kind_of_fault_that_there_is_not_is_refused(tmp_path: Path, kind: str) -> None:
    text = (ROOT / "seatrial.toml").read_text() + f'\n[explore]\nkinds = ["reset", "{kind}"]\n'
    assert "explore.kinds" in refused(tmp_path, text)


def test_line_of_falls_back_to_the_longest_known_part() -> None:
    text = "a = 1\n\n[b.c]\nd = 2\n"
    assert line_of(text, ("b", "c", "d")) == 4
    assert line_of(text, ("b", "c", "missing")) == 3
    assert line_of(text, ("nothing",)) == 1


POLICY = """
[services.shop]
url = "http://127.0.0.1:1"
[services.users]
url = "http://127.0.0.1:2"
[edges.card]
consumer = "shop"
provider = "users"
address_env = "USERS_URL"
trigger = { path = "/card" }
upstream = { path = "/users/{id}" }
entity = { path = "/users", ids = "u{n}" }
good = { status = [200] }
failed = { status = [] }
[edges.card.policy]
retry = { attempts = 3, attempt_timeout_s = 5, deadline_s = 4, cap_s = 1, jitter = "some" }
breaker = { failures = 0, open_s = "soon" }
cache = { ttl_s = 3, stale_if_error_s = -1, single_fligt = true }
failures = { status = [200] }
trace = { header = "x trace" }
"""


def test_all_that_is_wrong_with_a_policy_is_said_at_once_with_line_and_mend(tmp_path: Path) -> None:
    found = dict(line.split(": ", 2)[1:] for line in refused(tmp_path, POLICY).splitlines())
    assert found["edges.card"].startswith("services.shop runs already, so it must know")
    assert "no {id} in its path" in found["edges.card.trigger"]
    assert "needs either path" in found["edges.card.entity"]
    assert "at least 1 item" in found["edges.card.failed.status"]
    assert (
        found["edges.card.policy.retry.jitter"]
        == "is 'some'; it must be 'full', 'equal', 'decorrelated', 'additive' or 'none'"
    )
    assert found["edges.card.policy.breaker.failures"].startswith("is 0; it must be greater than")
    assert "is 'soon'; it must be a valid number" in found["edges.card.policy.breaker.open_s"]
    assert "greater than or equal to 0" in found["edges.card.policy.cache.stale_if_error_s"]
    assert "did you mean 'single_flight'?" in found["edges.card.policy.cache.single_fligt"]
    assert "only 400 to 599 are errors" in found["edges.card.policy.failures"]
    assert "edges.card.policy.trace.header" in found


STRANGERS = """
[services.shop]
command = ["shop"]
[services.users]
command = ["users"]
[edges.card]
consumer = "shop"
provider = "users"
address_env = "USERS_URL"
trigger = { path = "/cards/{id}" }
upstream = { path = "/users/{id}" }
entity = { ids = "u{n}" }
good = { status = [200] }
failed = { status = [503] }
[edges.card.policy]
"""


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("[503]", "503", ":14: edges.card.failed.status: is 503; it must be a list, as in [503]"),
        (
            '["shop"]',
            '"sh"',
            ":3: services.shop.command: is 'sh'; it must be a list, as in [\"…\"]",
        ),
        ("{ status = [200] }", "200", "edges.card.good: is 200; it must be a table, as in { key"),
        (
            "[503]",
            "[999]",
            "edges.card.failed.status.0: is 999; it must be less than or equal to 599",
        ),
        ('"/users', '"users', "upstream.path: is 'users/{id}'; it must begin with /"),
        ("u{n}", "u", "edges.card.entity.ids: is 'u'; it must hold {n}, a number that is new"),
        ('"USERS_URL"', '""', "edges.card.address_env: is ''; it must have at least 1 character"),
        ("[edges.card]", "[edges.my_card]", "is 'my_card'; it must have small letters, digits and"),
        (
            "[services.shop]",
            '[explore]\nidempotent = ["POST /orders"]\n[services.shop]',
            "explore.idempotent.0: is 'POST /orders'; it must be an edge and a POST, as",
        ),
        ("[503]", "[200]", ":6: edges.card: failed looks as good does: status 200; name a status"),
    ],
)
def test_what_a_stranger_gets_wrong_is_said_in_words_of_the_file(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    found = refused(tmp_path, STRANGERS.replace(old, new))
    assert said in found
    assert not {"tuple", "dict", "instance", "validation", "constrained"} & {*found.split()}


def test_a_file_that_is_no_text_is_said(tmp_path: Path) -> None:
    path = tmp_path / "seatrial.toml"
    path.write_bytes(b"seed = \xff")
    with pytest.raises(UsageError, match=r"isn't UTF-8 \(invalid start byte at byte 7\)"):
        load_config(path)


@pytest.mark.parametrize(
    ("retry", "fix"),
    [
        (
            "attempts = 3, attempt_timeout_s = 5, deadline_s = 4",
            "attempt_timeout_s is 5 and must not be",
        ),
        ("attempts = 3, retry_after_cap_s = 5, deadline_s = 4", "retry_after_cap_s is 5 and must"),
        ("attempts = 3, backoff_s = 5, cap_s = 4", "backoff_s is 5 and must not be over cap_s, 4"),
        ("attempts = 3, cap_s = 4", "cap_s needs backoff_s"),
    ],
)
def test_times_that_do_not_fit_together_are_refused(tmp_path: Path, retry: str, fix: str) -> None:
    text = (ROOT / "seatrial.toml").read_text()
    start, end = text.index("[edges.card.policy.retry]"), text.index("[edges.card.policy.breaker]")
    text = text[:start] + f"[edges.card.policy]\nretry = {{ {retry} }}\n" + text[end:]
    text = text.replace("[edges.card.policy]\n", "", 1)
    assert fix in refused(tmp_path, text)


BASE = """
seed = 3
[services.shop]
command = ["shop"]
[services.things]
command = ["things"]
env = { SIZE = "1" }
[load.steady]
rate_per_s = 5.0
duration_s = 9.0
"""


def test_a_file_says_what_differs_and_extends_another(tmp_path: Path) -> None:
    (tmp_path / "seatrial.toml").write_text(BASE)
    own = tmp_path / "staging.toml"
    own.write_text(
        'extend = "seatrial.toml"\n[services.things]\nurl = "http://things:80"\n'
        "[load.steady]\nrate_per_s = 7.0\n"
    )
    config = load_config(own)
    assert config.seed == 3
    assert config.services["shop"].command == ("shop",)
    things = config.services["things"]
    assert (things.url, things.command, things.env) == ("http://things:80", None, {})
    steady = config.load["steady"]
    assert (steady.rate_per_s, steady.duration_s) == (7.0, 9.0)


@pytest.mark.parametrize(
    ("base", "said"),
    [
        ("nowhere.toml", "there is no such file next to this one"),
        ("staging.toml", "which extends this file"),
        ("circle.toml", "circle.toml:1: extend: is 'staging.toml', which extends this file"),
        ("../seatrial.toml", "name a file in the same folder"),
        ("broken.toml", "broken.toml: not valid TOML"),
        ("wrong.toml", "wrong.toml:1: seed: is -1"),
    ],
)
def test_what_cannot_be_extended_is_named_in_its_file(tmp_path: Path, base: str, said: str) -> None:
    (tmp_path / "circle.toml").write_text('extend = "staging.toml"\n')
    (tmp_path / "broken.toml").write_text("[\n")
    (tmp_path / "wrong.toml").write_text("seed = -1\n[services.a]\ncommand = ['a']\n")
    own = tmp_path / "staging.toml"
    own.write_text(f'extend = "{base}"\n')
    with pytest.raises(UsageError) as caught:
        load_config(own)
    assert said in str(caught.value)


def test_an_error_of_its_own_is_said_with_its_own_line(tmp_path: Path) -> None:
    (tmp_path / "seatrial.toml").write_text(BASE)
    own = tmp_path / "staging.toml"
    own.write_text('extend = "seatrial.toml"\n\n[services.things]\nurl = "things:80"\n')
    with pytest.raises(UsageError, match=r"staging\.toml:4: services\.things\.url: "):
        load_config(own)
