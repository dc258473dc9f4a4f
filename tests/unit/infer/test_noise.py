"""What is concluded from calls while all is well."""

from dataclasses import replace

from seatrial.infer.experiment import SHARED, Known
from seatrial.infer.experiments.noise import Noise
from seatrial.infer.findings import review
from seatrial.infer.parameters import Certainty
from seatrial.infer.planner import conclude_again
from seatrial.infer.trials import Trial
from tests.unit.infer.planted import PlantedTrial


def well(*, sent: int, shown: str | None = None) -> Trial:
    """Twelve calls, the first of which sends a request, and the others as told."""
    planted = PlantedTrial("well").good()
    for _ in range(11):
        planted.good(sent=sent)
    found = planted.trial()
    return replace(found, calls=tuple(replace(one, shown=shown) for one in found.calls))


def concluded(trial: Trial) -> Known:
    return Noise().conclude([trial], Known())


def test_a_cache_that_does_not_tell_entities_apart_is_found() -> None:
    known = concluded(well(sent=0, shown="e-0"))
    assert known.parameters[SHARED].value is True
    assert "answers-shared" in [one.id for one in review(known)]


def test_answers_that_say_nothing_of_their_entity_leave_it_undecided() -> None:
    known = concluded(well(sent=0))
    assert known.parameters[SHARED].certainty is Certainty.UNDECIDED
    assert not review(known)


def test_nothing_else_is_said_where_calls_are_answered_without_the_provider() -> None:
    known = conclude_again({"noise": [well(sent=0, shown="e-0")], "breaker": []})
    others = {name: one for name, one in known.stated.items() if name != SHARED}
    del others["connection.reused"]
    assert {one.certainty for one in others.values()} == {Certainty.UNDECIDED}


def test_calls_that_each_send_a_request_are_told_apart() -> None:
    assert SHARED not in concluded(well(sent=1)).parameters


def test_what_calls_took_is_no_parameter_of_the_policy() -> None:
    known = concluded(well(sent=1))
    assert "noise.call_s" in known.parameters
    assert "noise.call_s" not in known.stated
