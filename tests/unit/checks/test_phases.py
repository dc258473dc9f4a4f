"""A check reads the phases that it declares, and no others; a phase is known by its name."""

import pytest

from seatrial.checks import CHECKS, Evidence, Finding, ScenarioPhase, WireCheck, phases, wire_check
from seatrial.errors import UsageError
from tests.unit.checks.planted import PlantedEvidence


def _reads_open(evidence: Evidence) -> Finding:
    return Finding.passed(f"{len(evidence.calls_in(phases.OPEN))} calls")


def test_a_check_that_reads_what_it_does_not_declare_is_refused() -> None:
    check = WireCheck("curious", "It looks.", _reads_open, needs=(phases.FAILING,))
    with pytest.raises(UsageError, match="the check curious reads the phase open, which it does"):
        check(PlantedEvidence().opened().evidence())


def test_what_it_declares_is_read() -> None:
    check = WireCheck("curious", "It looks.", _reads_open, reads=(phases.OPEN,))
    assert check(PlantedEvidence().opened().evidence()).explanation == "12 calls"


def test_two_phases_of_one_name_are_the_same() -> None:
    assert ScenarioPhase("open", "as another file says it") == phases.OPEN
    assert len({ScenarioPhase("open"), phases.OPEN}) == 1


def test_two_checks_of_one_id_are_refused_and_one_that_is_read_again_is_not() -> None:
    found = CHECKS["recovers"]
    again = wire_check(found.id, found.promise, found.judge, needs=found.needs)
    assert again == found
    with pytest.raises(UsageError, match="two checks are called 'recovers'"):
        wire_check("recovers", "It looks.", _reads_open)
