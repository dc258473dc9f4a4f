"""A run as curves: over its time, with its phases and faults, and by percentile."""

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence

from seatrial.loads.evidence import HIT, MISS, STALE, LoadEvidence, durations_of
from seatrial.loads.stats import Arrival
from seatrial.results import Band, Curve, Plot

_PERCENTILES = (1, 5, 10, 20, 30, 40, 50, 60, 70, 80, 85, 90, 92.5, 95, 97.5, 99, 99.5, 99.9, 99.99)
_SHOWN = {"p50": 50.0, "p90": 90.0, "p99": 99.0, "max": 100.0}
_WINDOWS = 40
_WINDOW_MIN_S = 0.25
_TIME = "time, s"


def plots(evidence: LoadEvidence) -> tuple[Plot, ...]:
    """Latency over time and by percentile, the hit ratio, and what reached the provider."""
    made = [
        latency_over_time(evidence),
        latency_by_percentile(evidence),
        hit_ratio_over_time(evidence),
        answers_over_time(evidence),
    ]
    if evidence.upstream_log is not None:
        made.append(upstream_against_oracle(evidence))
    return tuple(made)


def bands(evidence: LoadEvidence) -> tuple[Band, ...]:
    """Return the run's phases, where there are several, and its faults; seconds after its start."""
    begins_s, found = 0.0, []
    for phase in evidence.run.plan.phases if len(evidence.run.plan.phases) > 1 else ():
        ends_s = begins_s + phase.duration_s
        found.append(Band(label=phase.name, from_x=begins_s, to_x=ends_s, lane="phases"))
        begins_s = ends_s
    start_s = evidence.run.started_s
    found += [
        Band(
            label=one.text or one.name,
            from_x=_at(one.began_s, start_s),
            to_x=_at(one.ended_s, start_s),
        )
        for one in evidence.faults
    ]
    return tuple(found)


def latency_over_time(evidence: LoadEvidence) -> Plot:
    """Plot percentiles of all answers, by windows of the time when they were due."""
    points: dict[str, list[tuple[float, float]]] = {name: [] for name in _SHOWN}
    for end_s, rows in _windows(evidence):
        held = durations_of(rows)
        for name, share in _SHOWN.items() if held.count else ():
            points[name].append((end_s, held.percentile_ms(share)))
    return Plot(
        title="Latency over time, from the intended time of sending",
        x_title=_TIME,
        y_title="latency, ms",
        y_log=True,
        curves=tuple(Curve(name=name, points=tuple(row)) for name, row in points.items()),
        bands=bands(evidence),
    )


def latency_by_percentile(evidence: LoadEvidence) -> Plot:
    """Plot the slowest one in n, for hits and misses apart."""
    named = (("hits", HIT), ("misses", MISS), ("stale", STALE))
    return Plot(
        title="Latency of hits and misses, from the intended time of sending",
        x_title="one request in … is slower",
        y_title="latency, ms",
        x_log=True,
        y_log=True,
        curves=tuple(
            Curve(name=name, points=points)
            for name, kind in named
            if (points := _tail(evidence, kind))
        ),
    )


def hit_ratio_over_time(evidence: LoadEvidence) -> Plot:
    """Plot the share of good answers from the cache, by windows."""

    def ratio(rows: Sequence[Arrival]) -> float | None:
        good = [one.outcome in {HIT, STALE} for one in rows if one.ok and one.kind == "read"]
        return sum(good) / len(good) if good else None

    return _over_time(evidence, "Answers from the cache", "hit ratio", {"hit ratio": ratio})


def answers_over_time(evidence: LoadEvidence) -> Plot:
    """Plot what was due, and what of it was answered well, a second."""
    width_s = _width_s(evidence)
    return _over_time(
        evidence,
        "Arrivals and good answers",
        "arrivals a second",
        {
            "due": lambda rows: len(rows) / width_s,
            "answered well": lambda rows: sum(one.ok for one in rows) / width_s,
        },
    )


def upstream_against_oracle(evidence: LoadEvidence) -> Plot:
    """Plot requests at the provider from the start on, and those of right caches."""
    ends_s = [end_s for end_s, _ in _windows(evidence)]
    start_s = evidence.run.started_s
    counted: list[tuple[str, Sequence[float]]] = [
        ("seen", sorted(one.at_s for one in evidence.upstream_log or ()))
    ]
    for name, right in (("most of a right cache", evidence.cold), ("fewest", evidence.fewest)):
        if right is not None:
            counted.append((name, right.fetched_s))
    return Plot(
        title="Requests at the provider, against the oracle",
        x_title=_TIME,
        y_title="requests since the start",
        curves=tuple(
            Curve(
                name=name,
                points=tuple((at_s, float(bisect_right(times, start_s + at_s))) for at_s in ends_s),
            )
            for name, times in counted
        ),
        bands=bands(evidence),
    )


def _over_time(
    evidence: LoadEvidence,
    title: str,
    y_title: str,
    measures: dict[str, Callable[[Sequence[Arrival]], float | None]],
) -> Plot:
    windows = list(_windows(evidence))
    return Plot(
        title=title,
        x_title=_TIME,
        y_title=y_title,
        curves=tuple(
            Curve(
                name=name,
                points=tuple(
                    (end_s, value)
                    for end_s, rows in windows
                    if (value := measure(rows)) is not None
                ),
            )
            for name, measure in measures.items()
        ),
        bands=bands(evidence),
    )


def _width_s(evidence: LoadEvidence) -> float:
    return max(_WINDOW_MIN_S, evidence.run.plan.duration_s / _WINDOWS)


def _windows(evidence: LoadEvidence) -> Iterator[tuple[float, list[Arrival]]]:
    """Yield the end of each window, seconds after the start, with what was due in it."""
    width_s, start_s = _width_s(evidence), evidence.run.started_s
    found: dict[int, list[Arrival]] = {}
    for one in evidence.run.stats.arrivals:
        found.setdefault(int((one.intended_s - start_s) // width_s), []).append(one)
    for number in sorted(found):
        yield round((number + 1) * width_s, 4), found[number]


def _at(moment_s: float, start_s: float) -> float:
    return round(moment_s - start_s, 4)


def _tail(evidence: LoadEvidence, outcome: str) -> tuple[tuple[float, float], ...]:
    held = evidence.run.stats.latency_of(outcome)
    # A percentile that fewer than one request lies beyond says only what the largest one is.
    shown = (share for share in _PERCENTILES if held.count * (100 - share) >= 100)
    return tuple((100 / (100 - share), held.percentile_ms(share)) for share in shown)
