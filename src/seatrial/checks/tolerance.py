"""How much an upper bound may be exceeded by the noise of a busy machine; lower bounds get none."""

TIMER_S = 0.002
"""Timers may fire this much early: Node's by a millisecond, a loop's by its clock's resolution."""
LEAST_S = 0.5
"""Of tolerance on each upper bound."""
SHARE = 0.25
"""Of tolerance, as a share of the bound, where that is more."""


def tolerance_s(bound_s: float) -> float:
    """The tolerance on an upper bound, seconds; it is printed with every verdict that uses it."""
    return max(LEAST_S, SHARE * bound_s)


def with_slack(bound_s: float) -> str:
    """A bound and its tolerance, in words."""
    return f"{bound_s:g} s (and {tolerance_s(bound_s):.2g} s of tolerance)"
