"""The things that commands share: names nearly right, missing extras, a result's verdict."""

import os
import sys
from pathlib import Path

import pytest

from seatrial.cli.setting import known, require, setting
from seatrial.errors import UsageError
from seatrial.extras import EXTRAS
from seatrial.results import Check, RunVerdict, Verdict

ROOT = Path(__file__).parents[3]


def check(verdict: Verdict) -> Check:
    """A check with this verdict."""
    return Check(id="chaos.a.b", subject="s", verdict=verdict, explanation="e", rerun="r")


@pytest.mark.parametrize("extra", EXTRAS)
def test_a_missing_extra_is_named_with_its_mend(
    extra: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(UsageError, match=rf"pip install 'seatrial\[{extra}\]'"):
        require(extra)


def test_installed_extras_are_not_imported_to_be_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "locust", raising=False)
    require(*EXTRAS)
    assert "locust" not in sys.modules


def test_servers_are_needed_by_whoever_asks_for_one(tmp_path: Path) -> None:
    file = tmp_path / "seatrial.toml"
    file.write_text('[services.shop]\ncommand = ["shop"]\nenv = { SIZE = "1" }\n')
    assert setting(file).servers == ()
    file.write_text('[services.shop]\ncommand = ["shop"]\nenv = { DB = "{postgres}" }\n')
    assert setting(file).servers == ("servers",)


def test_an_unknown_name_without_a_near_one_lists_all() -> None:
    with pytest.raises(UsageError, match="there is no tag 'xyz'; there is: breaker, retry"):
        known("tag", "xyz", ["breaker", "retry"])


def test_what_repeats_a_check_names_the_file_and_the_seed_that_are_not_the_usual_ones(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(ROOT)
    failed = check(Verdict.FAILED)
    ours = failed.model_copy(update={"rerun": "seatrial chaos run a --edge e"})

    def repeats(path: str, seed: int | None) -> list[str]:
        checks = setting(Path(path), seed).result("chaos run", [ours, failed]).checks
        return [one.rerun for one in checks]

    assert repeats("seatrial.toml", None) == [ours.rerun, "r"]
    other = f"{ours.rerun} --config seatrial.compose.toml --seed 7"
    assert repeats("seatrial.compose.toml", 7) == [other, "r"]


@pytest.mark.parametrize(
    ("verdicts", "invalid", "verdict"),
    [
        ([Verdict.PASSED, Verdict.SKIPPED], [], RunVerdict.PASSED),
        ([Verdict.PASSED, Verdict.FAILED], [], RunVerdict.FAILED),
        ([Verdict.PASSED], ["lag"], RunVerdict.INVALID),
        ([Verdict.PASSED, Verdict.FAILED], ["lag"], RunVerdict.FAILED),
        ([Verdict.UNDECIDED, Verdict.SKIPPED], [], RunVerdict.INVALID),
        ([], [], RunVerdict.INVALID),
    ],
)
def test_nothing_is_passed_that_proved_nothing(
    verdicts: list[Verdict], invalid: list[str], verdict: RunVerdict
) -> None:
    where = setting(ROOT / "seatrial.toml", seed=7)
    result = where.result("run", map(check, verdicts), invalid=invalid)
    assert result.verdict is verdict
    assert result.seed == 7
    assert result.notes == tuple(f"invalid: {reason}" for reason in invalid)


def test_exit_codes_tell_failed_from_invalid() -> None:
    assert [verdict.exit_code for verdict in RunVerdict] == [0, 1, 4]


def test_a_result_that_cannot_be_written_leaves_nothing_behind(tmp_path: Path) -> None:
    result = setting(ROOT / "seatrial.toml").result("run", [])
    (tmp_path / "taken").mkdir()
    with pytest.raises(OSError, match="directory"):
        result.write(tmp_path / "taken")
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]


def test_a_device_or_a_pipe_is_written_to_and_not_replaced(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        setting(ROOT / "seatrial.toml").result("run", []).write(pipe)
        assert b'"command": "run"' in os.read(reader, 65_536)
    finally:
        os.close(reader)
    assert pipe.is_fifo()
