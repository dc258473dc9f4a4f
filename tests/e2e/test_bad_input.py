"""A person's mistake ends with one clear sentence, status 2 and no traceback."""

import socket
from pathlib import Path

import pytest

from .command import ROOT, SEATRIAL, ran, seatrial


def refused(*words: str, env: dict[str, str] | None = None, cwd: Path = ROOT) -> str:
    """Return what standard error says about a call that is refused."""
    done = seatrial(*words, env=env, cwd=cwd, timeout_s=60)
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr + done.stdout
    return " ".join(done.stderr.split())


@pytest.mark.parametrize("command", [["run"], ["chaos", "run"], ["contracts"], ["up"]])
def test_a_missing_configuration_is_named(command: list[str]) -> None:
    said = refused(*command, "--config", "nowhere.toml")
    assert said.startswith("seatrial: nowhere.toml: there is no such file")
    assert "--config" in said


def test_a_folder_without_configuration_says_where_to_go(tmp_path: Path) -> None:
    assert "seatrial.toml: there is no such file" in refused("run", cwd=tmp_path)


def test_broken_toml_is_shown_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "seatrial.toml").write_text("seed = 1\n[services\n")
    assert "not valid TOML" in refused("run", cwd=tmp_path)


def test_a_wrong_configuration_says_every_error_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "bad.toml").write_text("seed = -1\nsrvices = 1\n")
    said = refused("run", "--config", str(tmp_path / "bad.toml"))
    assert "bad.toml:1: seed:" in said
    assert "bad.toml:2: srvices: unknown key; did you mean 'services'?" in said


@pytest.mark.parametrize(
    ("words", "fix"),
    [
        (
            ["chaos", "run", "provider_dwn"],
            "no scenario 'provider_dwn'; did you mean 'provider_down'?",
        ),
        (["chaos", "run", "--edge", "crd"], "no edge 'crd'; did you mean 'card'?"),
        (["chaos", "run", "--tag", "braker"], "no tag 'braker'; did you mean 'breaker'?"),
        (["load", "run", "cached-lookup"], "no load profile 'cached-lookup'; did you mean"),
        (["contracts", "--provider", "usr-service=http://x"], "did you mean 'user-service'?"),
        (["contracts", "--provider", "user-service"], "must be NAME=URL"),
        (["contracts", "--states", "user-service=http://x"], "needs --provider user-service=URL"),
    ],
)
def test_an_unknown_name_is_answered_with_the_nearest(words: list[str], fix: str) -> None:
    assert fix in refused(*words)


def test_a_toxiproxy_where_nobody_listens_is_said(free_port: int) -> None:
    said = refused("chaos", "run", env={"TOXIPROXY_URL": f"http://127.0.0.1:{free_port}"})
    assert f"http://127.0.0.1:{free_port}" in said
    assert "TOXIPROXY_URL" in said


def test_a_result_that_cannot_be_written_is_said_before_the_work(tmp_path: Path) -> None:
    said = refused("chaos", "run", "--json", str(tmp_path / "no" / "such" / "folder.json"))
    assert "can't be written" in said


def changed(tmp_path: Path, old: str, new: str) -> Path:
    """The repository's configuration with one change, usable from another folder."""
    text = (ROOT / "seatrial.toml").read_text()
    assert old in text
    text = text.replace(old, new).replace(
        "[services.user-service]\n", f'[services.user-service]\ncwd = "{ROOT}"\n'
    )
    (tmp_path / "seatrial.toml").write_text(text)
    (tmp_path / "chaos").symlink_to(ROOT / "chaos")
    return tmp_path


def test_a_service_that_dies_at_its_start_shows_its_last_words(tmp_path: Path) -> None:
    dying = '["python", "-c", "exit(\'no disk\')"]'
    folder = changed(tmp_path, '["python", "-m", "stubs.user"]', dying)
    said = refused("chaos", "run", cwd=folder)
    assert "user-service ended with status 1" in said
    assert "no disk" in said


def test_a_port_in_use_is_said(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        other = f'port_env = "NOT_READ"\nenv = {{ PORT = "{port}", DATABASE_URL'
        said = refused("up", cwd=changed(tmp_path, "env = { DATABASE_URL", other))
    assert "user-service ended with status 2" in said
    assert port in said


def test_a_proxy_whose_port_is_in_use_is_said(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        place = f"127.0.0.1:{taken.getsockname()[1]}"
        edge = "[edges.card]\n"
        folder = changed(tmp_path, edge, f'{edge}listen = "{place}"\n')
        said = refused("chaos", "run", "provider_down", "--engine", "embedded", cwd=folder)
    assert f"edges.card.listen: the proxy can't listen at {place}" in said
    assert "name another port" in said


@pytest.mark.parametrize("option", [["--json", "result"], ["--junit=result"]])
@pytest.mark.parametrize("words", [["--config", "nowhere.toml"], ["--no-such-option"]])
def test_a_file_of_an_earlier_run_is_not_taken_for_this_ones(
    tmp_path: Path, option: list[str], words: list[str]
) -> None:
    (tmp_path / "result").write_text('{"verdict": "passed"}')
    said = refused("chaos", "run", *option, *words, cwd=tmp_path)
    assert said.endswith("seatrial: result is from an earlier run: this one has written no result")
    (tmp_path / "result").unlink()
    assert "earlier" not in refused("chaos", "run", *option, *words, cwd=tmp_path)


@pytest.mark.parametrize("words", ["--version", "chaos list"])
@pytest.mark.parametrize(
    ("to", "status", "said"),
    [
        (">/dev/full", 2, "seatrial: standard output: No space left on device"),
        (">&-", 0, ""),
        ("2>&-", 0, ""),
    ],
    ids=["full", "closed", "errors-closed"],
)
def test_output_that_cannot_be_written_ends_in_a_sentence(
    words: str, to: str, status: int, said: str
) -> None:
    done = ran(["sh", "-c", f"{SEATRIAL} {words} {to}"], timeout_s=60)
    assert "Traceback" not in done.stderr
    assert done.returncode == status, done.stderr
    assert said in done.stderr
