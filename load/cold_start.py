"""A process that has just started, with all of its traffic at once: every id is missed once."""

from load.cards import CardUser
from seatrial.loads import Limits, Phase, Profile, cache_limits


class ColdStart(CardUser):
    """Asks an empty cache at full rate, and then a warm one."""

    profile = Profile(
        title="Full traffic on an empty cache, shorter than the time to live",
        phases=(Phase("cold", 1.5, 120), Phase("warm", 1.5, 120)),
        entities=60,
        limits=cache_limits(upstream_under_oracle_min=None, hit_p50_of_miss_p50_max=None),
        phase_limits={"warm": Limits(hit_ratio_min=0.8)},
    )
