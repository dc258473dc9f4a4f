"""The page of an exploration: its picture, its points, and nothing that isn't so."""

import re
from typing import Any

import pytest

from seatrial.explore import Shard
from seatrial.reports.html import render_page
from seatrial.reports.limits import Limits
from seatrial.reports.sections.explored import EXPLORED
from seatrial.reports.sections.section import Layout
from seatrial.results import FaultFound, Replay
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


def test_kinds_of_contracts_stand_at_their_point_and_make_no_columns() -> None:
    found = result(NETFLIX, Shard())
    (name, mine), *_ = found.coverage.items()
    missing = "pact:404 get a film that there is not"
    first = mine.at[0].model_copy(update={"faults": {missing: FaultFound(outcome="run")}})
    changed = mine.model_copy(update={"at": (first, *mine.at[1:])})
    shown = found.model_copy(update={"coverage": {name: changed}})
    view: Any = EXPLORED.lay_out(Layout(shown, Limits()))
    assert view[0].by_contract
    assert missing not in view[0].kinds
    page = render_page(shown)
    assert page.count("get a film that there is not") == 1
    assert "by its contract" in page
    assert "by its contract" not in render_page(found)


def test_replay_says_what_the_tap_did_for_toxiproxy() -> None:
    found = result(NETFLIX, Shard())
    replayed = Replay(engine="toxiproxy 2", faithful=False, reproduced=True, by_tap=("status-503",))
    case = found.cases[0].model_copy(update={"replayed": replayed})
    page = render_page(found.model_copy(update={"cases": (case,)}))
    assert "broke again on toxiproxy 2, which can't make status-503: the tap did" in page
