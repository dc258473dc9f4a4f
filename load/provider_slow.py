"""The provider gets slow for three seconds: slower than a try of its caller may take."""

from load.cards import CardUser
from seatrial.loads import FaultAt, Limits, Phase, Profile, cache_limits


class ProviderSlow(CardUser):
    """Asks at one rate, while the provider is quick, slow, and quick again."""

    profile = Profile(
        title="The provider answers three seconds late for three seconds",
        phases=(Phase("before", 2, 80), Phase("during", 3, 80), Phase("after", 7, 80)),
        entities=60,
        limits=cache_limits(
            error_ratio_max=None,
            hit_ratio_of_oracle_min=None,
            upstream_over_oracle_max=None,
            upstream_under_oracle_min=None,
            hit_p50_of_miss_p50_max=None,
            recovery_max_s=6.0,
            deadline_s=1.0,
        ),
        phase_limits={
            "before": Limits(error_ratio_max=0.0, upstream_over_oracle_max=1.1),
            "during": Limits(amplification_max=1.5),
        },
        faults=(FaultAt("latency", 2.0, 3.0, {"delay_s": 3.0}),),
        max_in_flight=2_000,
    )
