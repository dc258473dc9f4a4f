"""Timelines and plots as figures, sentences and tables."""

import json
import math
import re
from typing import Any

import pytest

from seatrial.reports.lanes import place
from seatrial.reports.limits import Limits
from seatrial.reports.pictures import Picture, kind_of, plot_picture, timeline_picture
from seatrial.results import Curve, Plot, Span, Timeline
from tests.unit.reports.example import (
    MEGABYTE,
    PLOT_MARKUP,
    breaker_timeline,
    hostile_result,
    retry_timeline,
    rich_result,
)


def _span(lane: str = "calls", start_s: float = 0.0, end_s: float = 1.0, outcome: str = "") -> Span:
    return Span(lane=lane, label="x", start_s=start_s, end_s=end_s, outcome=outcome)


def _plot(*curves: Curve, **options: Any) -> Plot:
    return Plot(title="t", x_title="x (s)", y_title="y (ms)", curves=curves, **options)


def _pictures() -> list[Picture]:
    evidence = [
        e for r in (rich_result(), hostile_result()) for check in r.checks for e in check.evidence
    ]
    timelines = [timeline_picture(e, Limits()) for e in evidence if isinstance(e, Timeline)]
    return timelines + [plot_picture(e, Limits()) for e in evidence if isinstance(e, Plot)]


def test_plotly_accepts_every_figure() -> None:
    from plotly.graph_objects import Figure

    pictures = _pictures()
    assert len(pictures) > 5
    for picture in pictures:
        black = re.sub(r'"@[a-z0-9]+"', '"#000"', json.dumps(picture.figure, allow_nan=False))
        assert Figure(json.loads(black)).data


@pytest.mark.parametrize(
    ("span", "kind"),
    [
        (_span(outcome="good"), "good"),
        (_span(outcome="degraded"), "degraded"),
        (_span("wire", outcome="200"), "good"),
        (_span("wire", outcome="404"), "missing"),
        (_span("wire", outcome="401"), "refused"),
        (_span(outcome="503").model_copy(update={"meaning": "refused"}), "refused"),
        (_span("wire", outcome="429"), "failed"),
        (_span("wire", outcome="503"), "failed"),
        (_span("wire", outcome="no answer"), "failed"),
        (_span("wire", outcome="²"), "failed"),
        (_span("faults"), "fault"),
        (_span("declared"), "declared"),
        (_span("calls"), "other"),
    ],
)
def test_a_span_is_coloured_by_how_it_ended(span: Span, kind: str) -> None:
    assert kind_of(span) == kind


def test_spans_at_one_moment_are_drawn_in_rows_of_their_own() -> None:
    placed = place([_span(), _span(), _span("wire"), _span(start_s=2, end_s=3)], ["calls", "wire"])
    assert [(one.span.lane, one.row) for one in placed] == [
        ("calls", 0),
        ("calls", 1),
        ("calls", 0),
        ("wire", 2),
    ]


def test_states_that_follow_each_other_share_a_row() -> None:
    placed = place([_span(end_s=1), _span(start_s=1, end_s=2)], ["calls"])
    assert [one.row for one in placed] == [0, 0]


def test_a_crowd_takes_ten_rows_at_most() -> None:
    placed = place([_span() for _ in range(50)], ["calls"])
    assert {one.row for one in placed} == set(range(10))


def test_lanes_come_in_one_order_from_top_to_bottom() -> None:
    picture = timeline_picture(breaker_timeline(), Limits())
    assert picture.figure["layout"]["yaxis"]["ticktext"] == ["calls", "wire", "faults", "declared"]


def test_every_span_is_in_the_table_and_in_the_figure() -> None:
    timeline = retry_timeline()
    picture = timeline_picture(timeline, Limits())
    assert len(picture.rows) == len(timeline.spans)
    assert sum(len(trace["base"]) for trace in picture.figure["data"]) == len(timeline.spans)
    assert ("faults", "next 2 answer 503", "0.000", "0.800", "") in picture.rows
    assert picture.left_out == 0


def test_what_a_long_timeline_leaves_out_is_counted() -> None:
    timeline = Timeline(spans=tuple(_span(start_s=at, end_s=at + 1) for at in range(100)))
    picture = timeline_picture(timeline, Limits(spans=10, rows=10))
    assert len(picture.rows) == 10
    assert sum(len(trace["base"]) for trace in picture.figure["data"]) == 10
    assert picture.left_out == 90


def test_a_timeline_is_told_in_a_sentence() -> None:
    said = timeline_picture(retry_timeline(), Limits()).alternative
    assert said == "0.8 s. calls: 6 good; wire: 12 failed, 6 good; faults: 1 fault."


def test_an_empty_timeline_says_so() -> None:
    assert timeline_picture(Timeline(spans=()), Limits()).alternative == "Nothing happened."


def test_a_plot_is_told_in_a_sentence() -> None:
    picture = plot_picture(_plot(Curve(name="hits", points=((0, 1), (1, 5)))), Limits())
    assert picture.alternative == "y (ms) over x (s). hits: 1 to 5."
    assert picture.rows == (("hits", "0", "1"), ("hits", "1", "5"))


def test_a_plot_without_curves_says_so() -> None:
    assert plot_picture(_plot(), Limits()).alternative == "y (ms) over x (s). No curves."


def test_values_that_are_not_finite_leave_a_gap() -> None:
    curve = Curve(name="c", points=((0.0, math.inf), (1.0, math.nan), (2.0, 3.0)))
    figure = plot_picture(_plot(curve), Limits()).figure
    assert figure["data"][0]["y"] == [None, None, 3.0]


def test_markup_and_megabytes_in_labels_are_shown_as_text_and_cut() -> None:
    span = Span(lane=PLOT_MARKUP, label=PLOT_MARKUP + MEGABYTE, start_s=0, end_s=1)
    plot = _plot(Curve(name=PLOT_MARKUP, points=((0, 1),)))
    for picture in (
        timeline_picture(Timeline(spans=(span,)), Limits()),
        plot_picture(plot, Limits()),
    ):
        assert "<a href" not in json.dumps(picture.figure)
        assert "&lt;a href" in json.dumps(picture.figure)
        assert len(json.dumps(picture.figure)) < 3_000


def test_a_log_axis_over_decades_names_the_powers_of_ten_alone() -> None:
    wide = _plot(Curve(name="c", points=((1, 1), (1000, 2))), x_log=True, y_log=True)
    layout = plot_picture(wide, Limits()).figure["layout"]
    assert layout["xaxis"]["dtick"] == 1
    assert "dtick" not in layout["yaxis"]
