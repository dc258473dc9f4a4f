"""An invalidation storm: users change while they are read.

The changes go to user-service itself, at the place that SEATRIAL_USER_SERVICE_URL names. Each is
timed from its commit to the first read that shows it: `fresh_after_p99_s`, `stale_for_max_s`.
"""

from load.cards import CardUser
from seatrial.loads import Limits, Phase, Profile, cache_limits


class InvalidationStorm(CardUser):
    """Reads, and in the mix one change for every five arrivals."""

    profile = Profile(
        title="One arrival in five changes a user that the others read",
        phases=(Phase("storm", 6, 100), Phase("after", 2, 60)),
        entities=40,
        mix={"read": 0.8, "change": 0.2},
        limits=cache_limits(
            staleness_max_s=2.0, upstream_under_oracle_min=None, hit_p50_of_miss_p50_max=None
        ),
        phase_limits={"storm": Limits(staleness_max_s=2.0)},
    )
