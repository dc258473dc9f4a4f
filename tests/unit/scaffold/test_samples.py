"""A first file for services of many frameworks: the lines that somebody must change."""

from pathlib import Path

import pytest

from seatrial.config import load_config
from seatrial.scaffold import look, sketch
from tests.scaffold_samples.measure import laid_out, lines_to_change
from tests.scaffold_samples.samples import SAMPLES

UNSAID = {
    "flask": {"edges.users.entity.path"},  # shown by a trial alone
    "compose": {"edges.users.trigger.path"},  # its routes are in no form that anybody declares
}


@pytest.mark.parametrize("name", SAMPLES)
def test_what_is_written_without_a_trial_is_right(name: str, tmp_path: Path) -> None:
    folder = laid_out(tmp_path / name, SAMPLES[name])
    text = sketch(look(folder))
    assert set(lines_to_change(text, SAMPLES[name])) <= UNSAID.get(name, set())
    (folder / "seatrial.toml").write_text(text)
    load_config(folder / "seatrial.toml")


def test_a_pact_is_found_next_to_any_number_of_installed_packages(tmp_path: Path) -> None:
    folder = laid_out(tmp_path / "node", SAMPLES["node"])
    packages = folder / "node_modules"
    packages.mkdir()
    for number in range(501):
        (packages / f"{number}.json").write_text("{}")
    assert [pact.provider for pact in look(folder).pacts] == ["users"]
