"""What experiments saw, drawn."""

import random

from seatrial.infer.pictures import pictures
from seatrial.infer.trials import Trial
from seatrial.results import Plot, Timeline
from tests.unit.infer.planted import PlantedTrial


def _waits(calls: int = 72) -> Trial:
    rng = random.Random(7)
    planted = PlantedTrial("waits")
    for _ in range(calls):
        drawn = (rng.uniform(0, 0.2), rng.uniform(0, 0.4))
        planted.call(0.001, 0.001, 0.001, waits_s=drawn, status=200, outcome="good")
    return planted.trial()


def _opened() -> Trial:
    """Three calls that fail, one that sends nothing, and a good one after the open time."""
    planted = PlantedTrial("alone")
    for _ in range(3):
        planted.call(0.001)
    planted.silent()
    planted.now_s += 1.0
    planted.call(0.001, status=200, outcome="good")
    return planted.trial(tripped=4.0, reopened=1.0)


def test_waits_are_a_histogram_for_each_further_attempt_with_the_law_that_was_fitted() -> None:
    second, third = pictures({"waits": [_waits()]})
    for picture in (second, third):
        assert isinstance(picture, Plot)
        bars, law = picture.curves
        assert bars.drawn == "bars"
        assert sum(count for _, count in bars.points) == 72
        assert law.name == "full jitter"
        area = (law.points[2][0] - law.points[1][0]) * law.points[1][1]
        width_s = bars.points[1][0] - bars.points[0][0]
        assert abs(area / width_s - 72) < 1
    assert isinstance(third, Plot)
    assert third.title.startswith("Waits before the third attempt")


def test_too_few_waits_are_shown_without_a_law() -> None:
    found = pictures({"waits": [_waits(3)]})
    assert all(isinstance(one, Plot) and len(one.curves) == 1 for one in found)


def test_a_breaker_is_a_timeline_with_its_open_time() -> None:
    (picture,) = pictures({"breaker": [_opened()]})
    assert isinstance(picture, Timeline)
    lanes = [span.lane for span in picture.spans]
    assert lanes.count("calls") == 5
    assert lanes.count("wire") == 4
    (span,) = [span for span in picture.spans if span.lane == "inferred"]
    assert 0.9 < span.end_s - span.start_s < 1.1
    assert span.label.startswith("open ")


def test_nothing_seen_is_no_picture() -> None:
    assert pictures({}) == ()
    never = PlantedTrial("alone").call(0.001).trial(tripped=1.0, reopened=0.0)
    assert pictures({"breaker": [never], "waits": []}) == ()
