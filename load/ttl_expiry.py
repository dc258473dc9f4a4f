"""Expiry: entries that are fetched within a moment expire within a moment, again and again."""

from load.cards import CardUser
from seatrial.loads import Limits, Phase, Profile, cache_limits


class TtlExpiry(CardUser):
    """Fills the cache with a burst, then asks evenly, each user as often as the others."""

    profile = Profile(
        title="Entries that were fetched together expire together",
        phases=(Phase("fill", 0.5, 400), Phase("expiry", 9.5, 60)),
        entities=40,
        zipf_exponent=0.0,
        limits=cache_limits(hit_p50_of_miss_p50_max=None),
        phase_limits={
            "expiry": Limits(
                upstream_over_oracle_max=1.05, upstream_under_oracle_min=0.95, error_ratio_max=0.0
            )
        },
    )
