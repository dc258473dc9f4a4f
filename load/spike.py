"""A spike: for two seconds four times as many, and back."""

from load.cards import CardUser
from seatrial.loads import Limits, Phase, Profile, cache_limits


class Spike(CardUser):
    """Asks at an everyday rate, then at four times of it, and again at the first."""

    profile = Profile(
        title="Four times as many lookups for two seconds, and back",
        phases=(Phase("before", 3, 60), Phase("spike", 2, 240), Phase("after", 4, 60)),
        limits=cache_limits(hit_p50_of_miss_p50_max=None),
        phase_limits={
            "spike": Limits(upstream_over_oracle_max=1.1, error_ratio_max=0.01),
            "after": Limits(goodput_min=0.97, deadline_s=2.0),
        },
    )
