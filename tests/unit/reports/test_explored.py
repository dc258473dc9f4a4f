"""The page of an exploration: its picture, its points, and nothing that isn't so."""

import re
from typing import Any

import pytest

from seatrial.explore import Shard
from seatrial.reports.html import render_page
from seatrial.reports.limits import Limits
from seatrial.reports.sections.explored import EXPLORED
from seatrial.reports.sections.section import Layout
from tests.exploration.known import MAILCHIMP, NETFLIX
from tests.exploration.test_merging import result
from tests.exploration.toys import System


def test_each_request_is_an_arrow_with_the_worst_that_faults_led_to() -> None:
    found = result(NETFLIX, Shard())
    view: Any = EXPLORED.lay_out(Layout(found, Limits()))
    picture = view[0].picture
    assert [one.name for one in picture.lifelines][:3] == [
        "journey",
        "mobile-client",
        "api-gateway",
    ]
    effects = {arrow.number: arrow.effect for arrow in picture.arrows}
    assert effects[1] == "", "nothing is injected into the journey's own request"
    assert effects[2] == "broke"
    assert effects[3] == "failed"
    assert effects[4] == "degraded"


def test_a_retry_hides_a_fault() -> None:
    (mine,) = result(NETFLIX, Shard()).coverage.values()
    my_list = next(
        one for one in mine.at if one.point.edge == "api-gateway-my-list" and one.point.ordinal == 1
    )
    assert my_list.faults["refused"].led_to == "hidden"
    assert my_list.faults["status-503"].led_to == "failed"


@pytest.mark.parametrize("system", [MAILCHIMP, NETFLIX], ids=lambda one: one.name)
def test_the_page_says_what_is_left_and_draws_the_journey(system: System) -> None:
    page = render_page(result(system, Shard(), runs=25))
    assert re.search(r"[1-9]\d* left", page)
    assert 'class="sequence' in page
    assert ">broke</span>" in page
