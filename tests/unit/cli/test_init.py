"""The command `seatrial init`."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from seatrial.cli.main import app
from seatrial.config import load_config
from seatrial.errors import UsageError


def test_init_writes_a_file_that_can_be_read_and_its_schema(tmp_path: Path) -> None:
    (tmp_path / "package.json").write_text('{"name": "orders", "main": "server.js"}')
    answer = CliRunner().invoke(app, ["init", str(tmp_path), "--no-try"])
    assert answer.exit_code == 0, answer.output
    assert load_config(tmp_path / "seatrial.toml").services["orders"].command == (
        "node",
        "server.js",
    )
    text = (tmp_path / "seatrial.toml").read_text()
    assert text.startswith("#:schema ./seatrial.schema.json\n")
    assert (tmp_path / "seatrial.schema.json").is_file()
    assert "CHECK" in answer.output


def test_init_never_overwrites_unasked(tmp_path: Path) -> None:
    (tmp_path / "seatrial.toml").write_text("mine")
    answer = CliRunner().invoke(app, ["init", str(tmp_path), "--no-try"])
    assert isinstance(answer.exception, UsageError)
    assert "--force" in str(answer.exception)
    assert (tmp_path / "seatrial.toml").read_text() == "mine"
    assert CliRunner().invoke(app, ["init", str(tmp_path), "--force", "--no-try"]).exit_code == 0
    assert load_config(tmp_path / "seatrial.toml").services


@pytest.mark.parametrize("folder", ["nowhere", "file"])
def test_init_needs_a_folder(tmp_path: Path, folder: str) -> None:
    (tmp_path / "file").touch()
    answer = CliRunner().invoke(app, ["init", str(tmp_path / folder)])
    assert isinstance(answer.exception, UsageError)
    assert "no such folder" in str(answer.exception)
