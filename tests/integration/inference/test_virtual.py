"""`seatrial infer --virtual`: the same on applications whose clock jumps."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
SEATRIAL = str(Path(sys.executable).with_name("seatrial"))


def infer(*words: str, out: Path) -> subprocess.CompletedProcess[str]:
    options = ("--virtual", "--config", str(ROOT / "tests/defects/seatrial.toml"))
    command = [SEATRIAL, "infer", *words, *options, "--json", str(out)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.mark.timeout(600)
def test_applications_are_inferred_in_virtual_time(tmp_path: Path) -> None:
    out = tmp_path / "out.json"
    done = infer("things", "--patience", "10", out=out)
    assert done.returncode == 0, done.stdout + done.stderr
    result = json.loads(out.read_text())
    assert result["engine"] == "virtual"
    assert result["figures"]["virtual_time_s"] > 60
    found = result["inferred"]["things"]
    assert found["retry.attempts"]["value"] == 4
    assert found["breaker.open_s"]["value"] == pytest.approx(1, abs=0.05)
    assert "request_started" not in done.stdout


def test_an_edge_of_other_services_says_why_it_cant(tmp_path: Path) -> None:
    config = tmp_path / "seatrial.toml"
    text = (ROOT / "tests/defects/seatrial.toml").read_text(encoding="utf-8")
    config.write_text(text.replace('app = "tests.defects.consumer', '# "'), encoding="utf-8")
    command = [SEATRIAL, "infer", "things", "--virtual", "--config", str(config)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "services.shop" in done.stderr


@pytest.mark.parametrize(
    ("words", "begun"), [(("infer", "things"), "found:"), (("chaos", "run"), "in virtual time ...")]
)
def test_ctrl_c_keeps_what_was_found(tmp_path: Path, words: tuple[str, ...], begun: str) -> None:
    out = tmp_path / "out.json"
    options = ("--virtual", "--config", str(ROOT / "tests/defects/seatrial.toml"))
    with subprocess.Popen(
        [SEATRIAL, *words, *options, "--json", str(out)],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if begun in line:
                break
        process.send_signal(signal.SIGINT)
        said = process.stderr.read()
    assert process.returncode == 130, said
    assert "Traceback" not in said
    assert json.loads(out.read_text())["verdict"] == "invalid"
