"""`seatrial.toml`: what is wrong is said all at once, with line and mend."""

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
    assert "edges.card.policy.breaker.open_s:" in refused(tmp_path, text)


def test_an_edge_to_nobody_names_who_there_is(tmp_path: Path) -> None:
    text = (ROOT / "seatrial.toml").read_text().replace('= "user-service"', '= "usr"')
    said = refused(tmp_path, text)
    assert "edges.card.provider: there is no 'usr'; there is: user-service" in said
    line = int(said.split(":")[1])
    assert text.splitlines()[line - 1] == 'provider = "usr"'


def test_a_service_needs_one_way_to_be_reached(tmp_path: Path) -> None:
    said = refused(tmp_path, '[services.a]\nurl = "http://127.0.0.1:1"\ncommand = ["x"]\n')
    assert "needs either a command or a url" in said


def test_line_of_falls_back_to_the_longest_known_part() -> None:
    text = "a = 1\n\n[b.c]\nd = 2\n"
    assert line_of(text, ("b", "c", "d")) == 4
    assert line_of(text, ("b", "c", "missing")) == 3
    assert line_of(text, ("nothing",)) == 1
