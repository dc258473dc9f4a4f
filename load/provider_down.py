"""The provider goes away for three seconds, and comes back.

Each request to it is reset as it arrives, as by a host whose service is gone; unlike a refused
connect, that can be counted, and so the retries can. For the refusal itself say --fault down@2+3.
"""

from load.cards import CardUser
from seatrial.loads import FaultAt, Limits, Phase, Profile, cache_limits


class ProviderAway(CardUser):
    """Asks at one rate, while the provider is there, away, and there again."""

    profile = Profile(
        title="The provider is down for three seconds",
        phases=(Phase("before", 2, 80), Phase("during", 3, 80), Phase("after", 5, 80)),
        entities=60,
        limits=cache_limits(
            error_ratio_max=None,
            hit_ratio_of_oracle_min=None,
            upstream_over_oracle_max=None,
            upstream_under_oracle_min=None,
            hit_p50_of_miss_p50_max=None,
            recovery_max_s=3.5,
            deadline_s=1.0,
        ),
        phase_limits={
            "before": Limits(error_ratio_max=0.0, upstream_over_oracle_max=1.1),
            "during": Limits(amplification_max=1.5),
        },
        faults=(FaultAt("http-reset", 2.0, 3.0),),
        max_in_flight=2_000,
    )
