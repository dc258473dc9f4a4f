"""`seatrial run` explores single faults in virtual time, or says why it doesn't."""

from pathlib import Path

import pytest

from seatrial.cli.output import Steps
from seatrial.cli.run import _exploration, _Found
from seatrial.cli.setting import setting

SERVICE = '[services.{name}]\ncommand = ["true"]\n'
EDGE = """
[edges.card]
consumer = "web"
provider = "users"
address_env = "USERS_URL"
trigger = { path = "/cards/{id}" }
upstream = { path = "/users/{id}" }
entity = { ids = "u-{n}" }
good = { status = [200] }
failed = { status = [503] }
policy = {}
"""


@pytest.mark.parametrize(
    ("edge", "said"),
    [
        ("", "exploration is left out: no edge declares a trigger"),
        (EDGE, "exploration is left out: virtual time needs services.web.app"),
    ],
)
def test_what_keeps_it_from_exploring_is_said(tmp_path: Path, edge: str, said: str) -> None:
    config = tmp_path / "seatrial.toml"
    config.write_text("".join(SERVICE.format(name=name) for name in ("web", "users")) + edge)
    found = _Found()
    _exploration(setting(config, None), Steps(quiet=True), found)
    assert [note[: len(said)] for note in found.notes] == [said]
    assert not found.checks
