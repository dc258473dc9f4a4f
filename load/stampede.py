"""A stampede: a few ids that everybody asks for, behind a slow provider, and then a flush.

The provider answers a quarter of a second late, so that many ask for the same id before the first
answer is there; single flight makes one request of them. The kill is the flush: a fresh process
with an empty cache, under the same traffic.
"""

from load.cards import CardUser
from seatrial.loads import FaultAt, Limits, Phase, Profile, cache_limits


class Stampede(CardUser):
    """Asks for ten users at a high rate."""

    profile = Profile(
        title="Ten hot users behind a slow provider, and a flush in the middle",
        phases=(
            Phase("hot", 4, 150, hot_keys=10),
            Phase("flush", 4, 150, hot_keys=10),
            Phase("after", 2, 150, hot_keys=10),
        ),
        entities=10,
        limits=cache_limits(error_ratio_max=None, hit_p50_of_miss_p50_max=None),
        phase_limits={
            "hot": Limits(error_ratio_max=0.0, upstream_over_oracle_max=1.05),
            "after": Limits(error_ratio_max=0.0, goodput_min=0.99, deadline_s=2.0),
        },
        faults=(
            FaultAt("latency", 0.0, 10.0, {"delay_s": 0.25}),
            FaultAt("killed", 4.0, 0.1, on="consumer"),
        ),
        max_in_flight=2_000,
    )
