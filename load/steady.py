"""The everyday: one rate for several times to live."""

from load.cards import CardUser
from seatrial.loads import Limits, Phase, Profile, cache_limits


class Steady(CardUser):
    """Asks for cards at one rate, long enough for most entries to expire more than once."""

    profile = Profile(
        title="One rate for four times to live",
        phases=(Phase("warm-up", 3, 100), Phase("steady", 9, 100)),
        limits=cache_limits(goodput_min=0.99, deadline_s=2.0),
        phase_limits={"steady": Limits(upstream_over_oracle_max=1.05, error_ratio_max=0.01)},
    )
