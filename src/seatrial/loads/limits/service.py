"""Limits of a service: its errors, its time, and its behaviour when a provider falters."""

from seatrial.loads.evidence import HIT, RunPart
from seatrial.loads.limits.cache import EACH_MIN
from seatrial.loads.limits.check import check, not_declared, passes, undecided, unseen
from seatrial.loads.limits.registry import limit
from seatrial.loads.profile import Limits
from seatrial.loads.recovery import recoveries
from seatrial.results import Check, Verdict


@limit("errors")
def errors(part: RunPart, limits: Limits) -> Check:
    """Check that few requests fail."""
    name, most = "errors", limits.error_ratio_max
    if most is None:
        return not_declared(part, name)
    if not part.sent:
        return undecided(part, name, "nothing was sent")
    kinds = part.failures
    ratio = part.errors / part.sent
    named = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))
    text = f"{part.errors} of {part.sent} requests failed" + (f" ({named})" if named else "")
    text += f"; at most {most:.1%} may"
    return check(part, name, passes(ratio <= most), text, {"error_ratio": ratio, **kinds})


@limit("hit-p99")
def hit_p99(part: RunPart, limits: Limits) -> Check:
    """Check the slowest hits, in milliseconds."""
    name, most_ms = "hit-p99", limits.hit_p99_max_ms
    if most_ms is None:
        return not_declared(part, name)
    hits = part.latency_of(HIT)
    if hits.count < EACH_MIN:
        return undecided(part, name, f"there were only {hits.count} hits")
    p99_ms = hits.percentile_ms(99)
    text = f"99 % of hits took at most {p99_ms:.2f} ms; the limit is {most_ms:g} ms"
    return check(part, name, passes(p99_ms <= most_ms), text, {"hit_p99_ms": p99_ms})


@limit("goodput")
def goodput(part: RunPart, limits: Limits) -> Check:
    """Check that nearly all arrivals were answered well, in time."""
    name, least = "goodput", limits.goodput_min
    if least is None:
        return not_declared(part, name)
    if not part.sent:
        return undecided(part, name, "nothing was sent")
    deadline_s = limits.deadline_s or part.evidence.deadline_s
    in_time = part.in_time(deadline_s)
    ratio = in_time / part.sent
    within = f" within {deadline_s:g} s" if deadline_s else ""
    text = (
        f"{ratio:.1%} of {part.sent} arrivals were answered well{within}; {least:.1%} is the least"
    )
    return check(part, name, passes(ratio >= least), text, {"goodput": ratio})


@limit("amplification")
def amplification(part: RunPart, limits: Limits) -> Check:
    """Check that retries don't multiply what reaches a provider that is in trouble already."""
    name, most = "amplification", limits.amplification_max
    if most is None:
        return not_declared(part, name)
    if part.upstream_calls is None:
        return unseen(part, name)
    if not part.reads:
        return undecided(part, name, "nothing was asked")
    ratio = part.upstream_calls / len(part.reads)
    text = (
        f"{part.upstream_calls} requests reached the provider for {len(part.reads)} lookups, "
        f"{ratio:.2f} for each; at most {most:g} is allowed"
    )
    return check(part, name, passes(ratio <= most), text, {"amplification": ratio})


@limit("recovery")
def recovery(part: RunPart, limits: Limits) -> Check:
    """Check that nearly all is well again soon after a fault."""
    name, most_s = "recovery", limits.recovery_max_s
    if most_s is None:
        return not_declared(part, name)
    found = recoveries(part.evidence, limits.deadline_s or part.evidence.deadline_s)
    if not found:
        return undecided(part, name, "no fault ended while requests were sent")
    never = [one for one in found if one.took_s is None]
    if never:
        text = (
            f"{never[0].after_s:.1f} s after {never[0].fault} had ended, the answers still weren't "
            "as good as before it"
        )
        verdict = Verdict.FAILED if never[0].after_s > most_s else Verdict.UNDECIDED
        return check(part, name, verdict, text)
    worst_s = max(one.took_s for one in found if one.took_s is not None)
    text = f"all was well {worst_s:.2f} s after the fault's end; {most_s:g} s are allowed"
    return check(part, name, passes(worst_s <= most_s), text, {"recovery_s": round(worst_s, 4)})
