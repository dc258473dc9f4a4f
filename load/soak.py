"""A soak: the same for long, so that what grows slowly shows: a leak, a log, a queue.

Its size here is a continuous integration's; for the real one say --duration 7200. The last part is
held against the first: as many hits, no more errors.
"""

from load.cards import CardUser
from seatrial.loads import Limits, Phase, Profile, cache_limits


class Soak(CardUser):
    """Asks at one rate; the phases are the same work, early and late."""

    profile = Profile(
        title="The same rate for long; its end is no worse than its beginning",
        phases=(Phase("early", 4, 60), Phase("middle", 4, 60), Phase("late", 4, 60)),
        limits=cache_limits(),
        phase_limits={
            "early": Limits(error_ratio_max=0.01),
            "late": Limits(
                error_ratio_max=0.01,
                upstream_over_oracle_max=1.05,
                goodput_min=0.99,
                deadline_s=2.0,
            ),
        },
    )
