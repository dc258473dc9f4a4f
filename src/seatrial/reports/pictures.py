"""Timelines and plots as plotly figures, each with a sentence and a table that say the same.

Figures are plain JSON, so that importing this costs nothing; colours are named by their role
("@good") and filled in by the page, which knows whether it is light or dark.
"""

import html
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from seatrial.reports.hostile import tame, visible
from seatrial.reports.lanes import Placed, place
from seatrial.reports.limits import Limits
from seatrial.results import Band, Curve, Plot, Span, Timeline

Figure = dict[str, Any]

_LABEL_CHARS = 80
_LANE_CHARS = 24
_WIDTH_CHARS = 45
"""About this many fit next to each other in a picture on a phone."""
_DASHES = ("solid", "dash", "dot", "dashdot", "longdash")
_SERIES_COLOURS = 5
_THIN = 0.01
"""Of the whole time."""
_ROW_HEIGHT_PX = 22
_LOW_ROW_HEIGHT_PX = 16
_MANY_ROWS = 8
_ROOM_PX = 62
"""For a timeline's axis and its title."""
_PLOT_HEIGHT_PX = 330
_MANY = 100
_SERVER_ERRORS = 500
_ASKED_TO_WAIT = 429
_NOT_FOUND, _CLIENT_ERRORS = 404, 400
_KINDS = (
    "good",
    "degraded",
    "missing",
    "refused",
    "failed",
    "other",
    "fault",
    "declared",
    "inferred",
)
_PATTERNS = {"failed": "x", "degraded": "/", "missing": ".", "refused": "\\"}
"""The patterns by which bars differ without colour."""


@dataclass(frozen=True)
class Mark:
    """A moment of a timeline at which something was shown."""

    at_s: float
    label: str


@dataclass(frozen=True)
class Picture:
    """A figure, and what says the same to those who can't see it."""

    title: str
    alternative: str
    """One sentence."""
    figure: Figure
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    left_out: int
    """Rows that the data table, or the figure with it, doesn't show."""
    kinds: tuple[str, ...] = ()
    """The meaning of a timeline's colours."""


def timeline_picture(timeline: Timeline, limits: Limits, marks: Sequence[Mark] = ()) -> Picture:
    """Bars on lanes: calls, wire, faults, declared states.

    Args:
        timeline: Spans in any order.
        limits: How many spans, lanes and table rows are shown.
        marks: Moments that are pointed at.
    """
    spans = sorted(timeline.spans, key=lambda span: span.start_s)
    lanes = _lanes(spans, limits)
    spans = [span for span in spans if span.lane in lanes]
    drawn = place(spans[: limits.spans], lanes)
    rows = tuple(_row(span, limits) for span in spans[: limits.rows])
    return Picture(
        title=timeline.title or "Timeline",
        alternative=_told(timeline.spans, lanes, marks),
        figure={"data": _bars(drawn), "layout": _timeline_layout(drawn, lanes, marks)},
        columns=("lane", "what", "from (s)", "to (s)", "outcome"),
        rows=rows,
        left_out=len(timeline.spans) - len(rows),
        kinds=tuple(kind for kind in _KINDS if any(kind_of(one.span) == kind for one in drawn)),
    )


def plot_picture(plot: Plot, limits: Limits) -> Picture:
    """Lines over two axes.

    Args:
        plot: Its curves may hold values that aren't finite; those leave a gap.
        limits: How many curves, points and table rows are shown.
    """
    curves = plot.curves[: limits.curves]
    rows = [
        (tame(curve.name, limits.name_chars), f"{x:.6g}", f"{y:.6g}")
        for curve in curves
        for x, y in curve.points
    ]
    left_out = sum(len(curve.points) for curve in plot.curves) - min(len(rows), limits.rows)
    return Picture(
        title=plot.title,
        alternative=_told_curves(curves, plot, limits),
        figure={
            "data": [_line(number, curve, limits) for number, curve in enumerate(curves)],
            "layout": _plot_layout(plot, limits),
        },
        columns=("curve", plot.x_title, plot.y_title),
        rows=tuple(rows[: limits.rows]),
        left_out=left_out,
    )


def _label(text: str, limit_chars: int = _LABEL_CHARS) -> str:
    """Text for plotly, which reads a little HTML in it."""
    cut = "…" if len(text) > limit_chars else ""
    return html.escape(visible(text[:limit_chars]) + cut, quote=False)


def _lanes(spans: Sequence[Span], limits: Limits) -> list[str]:
    known = ("calls", "wire", "faults", "declared", "inferred")
    seen = dict.fromkeys(span.lane for span in spans)
    ordered = [lane for lane in known if lane in seen]
    return (ordered + [lane for lane in seen if lane not in known])[: limits.lanes]


def kind_of(span: Span) -> str:
    """Return what a span's colour means; where it doesn't say so itself, by its outcome."""
    if span.meaning:
        return span.meaning
    if span.outcome in ("good", "degraded", "failed"):
        return span.outcome
    if span.outcome.isascii() and span.outcome.isdigit():
        return _kind_of_status(int(span.outcome[:4]))
    if span.lane in ("faults", "declared", "inferred"):
        return span.lane.removesuffix("s")
    return "failed" if span.outcome else "other"


def _kind_of_status(status: int) -> str:
    if status >= _SERVER_ERRORS or status == _ASKED_TO_WAIT:
        return "failed"
    if status >= _CLIENT_ERRORS:
        return "missing" if status == _NOT_FOUND else "refused"
    return "good"


def _bars(drawn: Sequence[Placed]) -> list[Figure]:
    by_kind = {kind: [one for one in drawn if kind_of(one.span) == kind] for kind in _KINDS}
    whole_s = max((one.span.end_s for one in drawn), default=0.0) or 1.0
    return [_bar(kind, ones, whole_s) for kind, ones in by_kind.items() if ones]


def _inside(span: Span, whole_s: float) -> str:
    fits = len(span.label) <= _WIDTH_CHARS * (span.end_s - span.start_s) / whole_s
    return _label(span.label) if fits else ""


def _edge(span: Span, kind: str, whole_s: float) -> tuple[str, int]:
    """Colour and width in px: what parts neighbours, or keeps a short one wider than a pixel."""
    thin = span.end_s - span.start_s < _THIN * whole_s
    return (f"@{kind}", 2) if thin else ("@surface", 1)


def _bar(kind: str, ones: Sequence[Placed], whole_s: float) -> Figure:
    named = kind in (
        "fault",
        "declared",
        "inferred",
    )  # few and wide: most of their names fit inside
    edges = [_edge(one.span, kind, whole_s) for one in ones]
    return {
        "type": "bar",
        "orientation": "h",
        "name": kind,
        "y": [one.row for one in ones],
        "base": [one.span.start_s for one in ones],
        "x": [max(one.span.end_s - one.span.start_s, 0.0) for one in ones],
        "width": 0.72,
        "text": [_inside(one.span, whole_s) if named else "" for one in ones],
        "textposition": "inside" if named else "none",
        "insidetextanchor": "start",
        "constraintext": "none",
        "cliponaxis": True,
        "insidetextfont": {"color": "@ink", "size": 12},
        "hoverinfo": "text",
        "hovertext": [_hover(one.span) for one in ones],
        "marker": {
            "color": f"@{kind}",
            "pattern": {
                "shape": _PATTERNS.get(kind, ""),
                "fillmode": "overlay",
                "fgcolor": "@surface",
                "size": 5,
                "solidity": 0.2,
            },
            "line": {"color": [edge for edge, _ in edges], "width": [px for _, px in edges]},
        },
    }


def _hover(span: Span) -> str:
    outcome = f" · {_label(span.outcome)}" if span.outcome else ""
    took_ms = (span.end_s - span.start_s) * 1000
    return (
        f"<b>{_label(span.label)}</b>{outcome}<br>"
        f"{_label(span.lane)} · {span.start_s:.3f} s to {span.end_s:.3f} s · {took_ms:,.0f} ms"
    )


def _timeline_layout(
    drawn: Sequence[Placed], lanes: Sequence[str], marks: Sequence[Mark]
) -> Figure:
    by_moment: dict[float, list[str]] = {}
    for mark in marks:
        by_moment.setdefault(mark.at_s, []).append(mark.label)
    rows_of = {lane: [one.row for one in drawn if one.span.lane == lane] for lane in lanes}
    rows_of = {lane: rows for lane, rows in rows_of.items() if rows}
    count = max((one.row for one in drawn), default=0) + 1
    row_px = _LOW_ROW_HEIGHT_PX if count > _MANY_ROWS else _ROW_HEIGHT_PX
    lines = [min(rows) - 0.5 for rows in rows_of.values()][1:]
    return {
        "barmode": "overlay",
        "showlegend": False,
        "height": _ROOM_PX + count * row_px,
        "hovermode": "closest",
        "xaxis": {"title": {"text": "time since the start (s)"}, "rangemode": "tozero"},
        "yaxis": {
            "tickvals": [(min(rows) + max(rows)) / 2 for rows in rows_of.values()],
            "ticktext": [_label(lane, _LANE_CHARS) for lane in rows_of],
            "range": [count - 0.4, -0.6],
            "fixedrange": True,
            "showgrid": False,
        },
        "shapes": [
            {
                "type": "line",
                "xref": "paper",
                "x0": 0,
                "x1": 1,
                "y0": at,
                "y1": at,
                "line": {"color": "@line", "width": 1},
            }
            for at in lines
        ]
        + [_pointer(at_s) for at_s in by_moment],
        "annotations": [_pointed_at(at_s, ", ".join(labels)) for at_s, labels in by_moment.items()],
    }


def _pointer(at_s: float) -> Figure:
    line = {"color": "@bad", "width": 1.5, "dash": "dash"}
    return {"type": "line", "x0": at_s, "x1": at_s, "yref": "paper", "y0": 0, "y1": 1, "line": line}


def _pointed_at(at_s: float, label: str) -> Figure:
    """Name a moment above the picture."""
    return {
        "x": at_s,
        "yref": "paper",
        "y": 1,
        "yanchor": "bottom",
        "text": f"▼ {_label(label, _LANE_CHARS)}",
        "showarrow": False,
        "font": {"size": 12, "color": "@bad"},
    }


def _row(span: Span, limits: Limits) -> tuple[str, ...]:
    lane, label, outcome = (
        tame(text, limits.name_chars) for text in (span.lane, span.label, span.outcome)
    )
    return lane, label, f"{span.start_s:.3f}", f"{span.end_s:.3f}", outcome


def _told(spans: Sequence[Span], lanes: Sequence[str], marks: Sequence[Mark]) -> str:
    if not spans:
        return "Nothing happened."
    parts = []
    for lane in lanes:
        kinds = Counter(kind_of(span) for span in spans if span.lane == lane)
        counted = ", ".join(f"{count} {kind}" for kind, count in kinds.items())
        parts.append(f"{tame(lane, _LABEL_CHARS)}: {counted}")
    end_s = max(span.end_s for span in spans)
    shown = "".join(
        f" At {mark.at_s:.2f} s: {tame(mark.label, _LABEL_CHARS)} failed." for mark in marks
    )
    return f"{end_s:.1f} s. {'; '.join(parts)}.{shown}"


def _line(number: int, curve: Curve, limits: Limits) -> Figure:
    points = curve.points[: limits.points]
    if curve.drawn == "bars":
        return {
            "type": "bar",
            "name": _label(curve.name),
            "x": [_finite(x) for x, _ in points],
            "y": [_finite(y) for _, y in points],
            "marker": {"color": f"@series{number % _SERIES_COLOURS + 1}"},
            "opacity": 0.6,
            "hovertemplate": "%{y:.4~g}<extra>%{fullData.name}</extra>",
        }
    return {
        "type": "scatter",
        "mode": "lines" if len(points) > 1 else "markers",
        "name": _label(curve.name),
        "x": [_finite(x) for x, _ in points],
        "y": [_finite(y) for _, y in points],
        "line": {
            "color": f"@series{number % _SERIES_COLOURS + 1}",
            "dash": _DASHES[number % len(_DASHES)],
            "width": 2,
        },
        "hovertemplate": "%{y:.4~g}<extra>%{fullData.name}</extra>",
    }


def _plot_layout(plot: Plot, limits: Limits) -> Figure:
    drawn = [_band(one, limits) for one in plot.bands[: limits.bands]]
    return {
        "shapes": [shape for shape, _ in drawn],
        "annotations": [name for _, name in drawn],
        "height": _PLOT_HEIGHT_PX,
        "hovermode": "x unified",
        "bargap": 0.05,
        "xaxis": _axis(plot.x_title, [x for c in plot.curves for x, _ in c.points], log=plot.x_log),
        "yaxis": _axis(plot.y_title, [y for c in plot.curves for _, y in c.points], log=plot.y_log)
        | {"rangemode": "normal" if plot.y_log else "tozero"},
    }


def _band(band: Band, limits: Limits) -> tuple[Figure, Figure]:
    """A shaded stretch for a fault, a line at a phase's beginning, and the name of either."""
    fault = band.lane == "faults"
    shape = {
        "type": "rect" if fault else "line",
        "layer": "below",
        "xref": "x",
        "yref": "paper",
        "x0": band.from_x,
        "x1": band.to_x if fault else band.from_x,
        "y0": 0,
        "y1": 1,
        "line": {"width": 0 if fault else 1, "color": "@line", "dash": "dot"},
    }
    if fault:
        shape |= {"fillcolor": "@fault", "opacity": 0.25}
    name = {
        "text": _label(band.label, min(_LANE_CHARS, limits.name_chars)),
        "xref": "x",
        "yref": "paper",
        "x": band.from_x,
        "xanchor": "left",
        "y": 1.0 if fault else 0.0,
        "yanchor": "top" if fault else "bottom",
        "showarrow": False,
        "font": {"size": 11, "color": "@ink"},
    }
    return shape, name


def _axis(title: str, values: Sequence[float], *, log: bool) -> Figure:
    axis: Figure = {"title": {"text": _label(title)}, "type": "log" if log else "linear"}
    shown = [value for value in values if value > 0 and math.isfinite(value)]
    if log and shown and max(shown) >= _MANY * min(shown):
        axis["dtick"] = 1  # the powers of ten alone; their multiples would run into each other
    return axis


def _told_curves(curves: Sequence[Curve], plot: Plot, limits: Limits) -> str:
    parts = []
    for curve in curves:
        values = [y for _, y in curve.points if math.isfinite(y)]
        span = f"{min(values):.4g} to {max(values):.4g}" if values else "no values"
        parts.append(f"{tame(curve.name, limits.name_chars)}: {span}")
    y_title, x_title = (tame(title, _LABEL_CHARS) for title in (plot.y_title, plot.x_title))
    text = f"{y_title} over {x_title}. {'; '.join(parts) or 'No curves'}."
    faults = [
        f"{tame(one.label, limits.name_chars)} from {one.from_x:.2f} to {one.to_x:.2f}"
        for one in plot.bands[: limits.bands]
        if one.lane == "faults"
    ]
    return f"{text} Shaded: {'; '.join(faults)}." if faults else text


def _finite(number: float) -> float | None:
    return number if math.isfinite(number) else None
