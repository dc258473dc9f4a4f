"""`seatrial init` on a service that nobody adapted, and a first verdict with nothing changed."""

from pathlib import Path

from tests.scaffold_samples.measure import first_verdict, laid_out, lines_to_change, seatrial
from tests.scaffold_samples.samples import SAMPLES


def test_what_worked_is_written_and_the_first_verdict_needs_no_change(tmp_path: Path) -> None:
    folder = laid_out(tmp_path / "flask", SAMPLES["flask"])
    assert first_verdict(folder)[0] == "passed"
    text = (folder / "seatrial.toml").read_text()
    assert lines_to_change(text, SAMPLES["flask"]) == {}
    assert "failed = { status = [502] }" in text
    assert "missing = { status = [404] }" in text
    assert "(seen)" in text

    everything = seatrial(folder, "run", "--engine", "embedded")
    assert everything.returncode == 0, everything.stdout + everything.stderr
    for left_out in ("contracts are left out", "load is left out"):
        assert left_out in everything.stdout


def test_what_is_posted_about_an_id_is_a_trigger_though_the_provider_has_the_id_in_a_body(
    tmp_path: Path,
) -> None:
    folder = laid_out(tmp_path / "flask", SAMPLES["flask"])
    [name] = [one.name for one in folder.glob("*.py") if "502" in one.read_text()]
    text = (folder / name).read_text()
    text = text.replace('route("/profiles/<user_id>")', 'post("/profiles/<user_id>/pay")')
    text = text.replace(
        'urlopen(f"{USERS}/users/{user_id}", timeout=2)',
        'urlopen(f"{USERS}/users", json.dumps({"name": user_id}).encode(), timeout=2)',
    )
    (folder / name).write_text(text)
    assert first_verdict(folder)[0] == "passed"
    written = (folder / "seatrial.toml").read_text()
    assert 'trigger = { method = "POST", path = "/profiles/{id}/pay" }' in written
    assert 'upstream = { method = "POST", path = "/users" }' in written


def test_what_it_answers_once_its_breaker_is_open_is_a_failure_too(tmp_path: Path) -> None:
    folder = laid_out(tmp_path / "flask", SAMPLES["flask"])
    [name] = [one.name for one in folder.glob("*.py") if "502" in one.read_text()]
    text = (folder / name).read_text()
    opening = "(503 if next(_failed) > 4 else 502)"
    (folder / name).write_text(
        f"import itertools\n_failed = itertools.count()\n{text.replace('502', opening)}"
    )
    assert first_verdict(folder)[0] == "passed"
    assert "failed = { status = [502, 503] }" in (folder / "seatrial.toml").read_text()


def test_a_service_that_does_not_start_still_gets_its_file(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text("import sys; sys.exit('no licence')")
    answer = seatrial(tmp_path, "init")
    assert answer.returncode == 0, answer.stderr
    assert "CHECK" in answer.stdout
    assert "no licence" in answer.stdout
    assert (tmp_path / "seatrial.toml").is_file()
