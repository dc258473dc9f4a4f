"""What experiments saw, drawn: waits with the law that was fitted to them, a breaker's timeline."""

from collections.abc import Iterator, Mapping

from seatrial.checks import Attempt, Call
from seatrial.infer.experiments.breaker import OPENING, opened_after, opened_for_s
from seatrial.infer.experiments.waits import fits_of, waits_seen
from seatrial.infer.laws import Fit
from seatrial.infer.trials import Observation, Trial, trials
from seatrial.results import Curve, Plot, Span, Timeline

_BARS = 16
_ORDINALS = ("second", "third", "fourth")
_SERVER_ERROR = 500


def pictures(seen: Mapping[str, Observation]) -> tuple[Plot | Timeline, ...]:
    """Draw what experiments saw.

    Args:
        seen: by the experiments' names; one that isn't there gives no picture.
    """
    return (*_waits(seen.get("waits", ())), *_breaker(seen.get("breaker", ())))


def _waits(seen: Observation) -> Iterator[Plot]:
    """Yield a histogram of the waits before each further attempt, and what its law expects."""
    found = waits_seen(seen)
    if not found:
        return
    places = zip(*(one.waits_s for one in found), strict=True)
    for ordinal, waits, fit in zip(_ORDINALS, places, fits_of(found), strict=False):
        width_s = max(*waits, fit.longest_s, 1e-3) / (_BARS - 1)
        counts = [0] * _BARS
        for wait_s in waits:
            counts[int(wait_s / width_s)] += 1
        bars = tuple((round((at + 0.5) * width_s, 6), float(n)) for at, n in enumerate(counts))
        yield Plot(
            title=f"Waits before the {ordinal} attempt: {fit.why}",
            x_title="wait, s",
            y_title="calls",
            curves=(Curve(name="seen", points=bars, drawn="bars"), *_expected(fit, width_s)),
        )


def _expected(fit: Fit, width_s: float) -> Iterator[Curve]:
    """Yield the law as the number of waits that it expects in each bar, where one was found."""
    if fit.law == "unknown":
        return
    low_s, high_s = fit.shortest_s, fit.longest_s
    if fit.law in ("full", "equal"):
        low_s = 0.0 if fit.law == "full" else high_s / 2
    spread = max(high_s - low_s, width_s)
    height = round(fit.count * width_s / spread, 4)
    name = "no jitter" if fit.law == "none" else f"{fit.law} jitter"
    points = ((low_s, 0.0), (low_s, height), (low_s + spread, height), (low_s + spread, 0.0))
    yield Curve(name=name, points=tuple((round(x, 6), y) for x, y in points))


def _breaker(seen: Observation) -> Iterator[Timeline]:
    """Yield the first time that it opened: the failing calls, the silence, the first probe."""
    opened = [
        trial
        for label in OPENING
        for trial in trials(seen, label)
        if opened_after(trial) is not None
    ]
    if opened:
        yield _timeline(opened[0])


def _timeline(trial: Trial) -> Timeline:
    zero_s = trial.calls[0].started_s
    calls = [_span(zero_s, "calls", one) for one in trial.calls]
    wire = [
        _span(zero_s, "wire", attempt) for one in trial.calls for attempt in trial.attempts_of(one)
    ]
    spans = [*calls, *wire]
    title = "The breaker: failing calls until nothing is sent"
    if trial.facts.get("reopened"):
        began_s = trial.calls[(opened_after(trial) or 1) - 1].ended_s
        low_s, high_s = opened_for_s(trial)
        end_s = began_s + high_s
        text = f"open {low_s:.2f} to {high_s:.2f} s"
        spans.append(
            Span(lane="inferred", label=text, start_s=began_s - zero_s, end_s=end_s - zero_s)
        )
        title += ", then good ones until one is"
    return Timeline(title=title, spans=tuple(spans))


def _span(zero_s: float, lane: str, one: Call | Attempt) -> Span:
    outcome: str
    if isinstance(one, Call):
        start_s, end_s, good = one.started_s, one.ended_s, one.outcome in ("good", "cached")
        outcome = one.outcome
    else:
        start_s = one.arrived_s
        end_s = one.answered_s or one.ended_s or start_s
        good = one.status is not None and one.status < _SERVER_ERROR
        outcome = str(one.status or "no answer")
    return Span(
        lane=lane,
        label=str(one.status or "no answer"),
        start_s=round(start_s - zero_s, 4),
        end_s=round(end_s - zero_s, 4),
        outcome=outcome,
        meaning="good" if good else "failed",
    )
