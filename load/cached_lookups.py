r"""Cached user lookups: `GET /users/{id}/card` on the marketplace, some ids far more often.

    SEATRIAL_USER_SERVICE_URL=http://127.0.0.1:3001 \
        locust -f load/cached_lookups.py --host http://127.0.0.1:3002 --rate 200

The profile of `seatrial run` and of continuous integration: from a cold start through two times to
live, within seconds.
"""

from load.cards import CardUser
from seatrial.loads import STANDARD, Phase, Profile


class CachedLookups(CardUser):
    """Asks for cards at one rate."""

    profile = Profile(
        title="Cached lookups at one rate, from a cold start through two times to live",
        phases=(Phase("steady", 8, 120),),
        limits=STANDARD,
    )
