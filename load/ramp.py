"""To the knee: faster step by step, until answers are late. The figure is `knee_per_s`.

The later steps are meant to be too much, so only the first ones have limits. On a machine with two
cores the generator has one of them and the system the other: read the lag together with the knee.
"""

from load.cards import CardUser
from seatrial.loads import Limits, Profile, cache_limits, steps


class Ramp(CardUser):
    """Asks faster and faster; a rate is stood when 99 % are answered well in a quarter second."""

    profile = Profile(
        title="Faster step by step, to the knee",
        phases=steps((50, 100, 200, 400, 800), 1.5),
        limits=cache_limits(
            error_ratio_max=None,
            upstream_under_oracle_min=None,
            hit_p50_of_miss_p50_max=None,
            deadline_s=0.25,
        ),
        phase_limits={"rate-50": Limits(error_ratio_max=0.0)},
        max_in_flight=5_000,
        timeout_s=5.0,
    )
