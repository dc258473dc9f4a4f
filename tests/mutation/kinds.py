"""Kinds of defect that others planted and that were found too late, each put into our own code.

One more is planted in the consumer of tests/defects: a key that another one begins like
(`key-without-case`), since our provider makes its ids itself.
"""

from dataclasses import dataclass

from tests.mutation.judging import source_of
from tests.mutation.mutants import Mutant

_CACHE, _STATES = "seatrial.resilience.cache", "seatrial.resilience._states"
_ENTRY, _HTTP = "seatrial.resilience._entry", "seatrial.resilience.http"
_BREAKER, _ATTEMPT = "seatrial.resilience.breaker", "seatrial.resilience._attempt"


@dataclass(frozen=True)
class Kind:
    """One of them."""

    name: str
    module: str
    before: str
    """Text of the module, that it has once."""
    after: str
    scenario: str
    check: str
    """What must find it."""

    @property
    def mutant(self) -> Mutant:
        """The module with this defect."""
        source = source_of(self.module).read_text()
        if source.count(self.before) != 1:
            raise SystemExit(f"{self.name}: {self.before!r} must stand once in {self.module}")
        text = source.replace(self.before, self.after)
        return Mutant(self.module, "", self.name, self.before, self.after, 0, 0, lambda: text)


KINDS: tuple[Kind, ...] = (
    Kind(
        "an entry that is another key's",
        _CACHE,
        "            entry = find(key)\n",
        "            key = next(iter(self._entries), key)\n            entry = find(key)\n",
        "many_callers",
        "right-entity",
    ),
    Kind(
        "a cache without a bound",
        _ENTRY,
        "        if len(self) <= self.limit:\n",
        "        if True:\n",
        "cache_full",
        "caps-entries",
    ),
    Kind(
        "a late success counts in half-open",
        _STATES,
        """        if self.is_over:
            self._owner.stale += 1
        else:
            self.failures = 0
""",
        """        if self.is_over:
            self._owner.close(self._owner.clock(), "late")
        else:
            self.failures = 0
""",
        "late_success",
        "late-success-changes-nothing",
    ),
    Kind(
        "a late failure counts in half-open",
        _STATES,
        """        if self.is_over:
            self._owner.stale += 1
            return
""",
        """        if self.is_over:
            self._owner.open(self._owner.clock(), "late")
            return
""",
        "late_failure",
        "late-failure-extends-nothing",
    ),
    Kind(
        "a failure that twenty share counts twenty times",
        _BREAKER,
        "            state.failure(ticket)\n",
        "            for _ in range(20):\n                state.failure(ticket)\n",
        "stampede",
        "shared-failure-counts-once",
    ),
    Kind(
        "no Retry-After while open",
        "stubs.marketplace.handlers",
        'headers={"retry-after": str(wait_s)}\n',
        "headers={}\n",
        "provider_down",
        "retry-after-fits",
    ),
    Kind(
        "one kind of failure isn't retried",
        _HTTP,
        '        return Unavailable(f"unavailable: {what}", **about)\n',
        '        return Unavailable(f"unavailable: {what}", **{**about, "repeatable": False})\n',
        "connections_break",
        "retries-every-kind",
    ),
    Kind(
        "one kind of failure isn't counted",
        "seatrial.resilience.classification",
        "        failed = isinstance(error, ProviderFailed)\n",
        "        failed = isinstance(error, ProviderFailed) and error.status != 504\n",
        "statuses_fail",
        "counts-every-kind",
    ),
    Kind(
        "a probe that says nothing keeps its place",
        _STATES,
        """place back.\"\"\"
        self._hand_back(ticket)
""",
        """place back.\"\"\"
""",
        "neutral_probes",
        "probes-leave-their-places",
    ),
    Kind(
        "a Retry-After that doesn't run out",
        _STATES,
        "        return min(self.lasts_s, max(0.0, self.until - now))\n",
        "        return self.lasts_s\n",
        "provider_back",
        "retry-after-fits",
    ),
    Kind(
        "an opening that is shorter the second time",
        _BREAKER,
        "        self._open_for_s = min(self.policy.longest_open_s, open_s * self.policy.growth)\n",
        "        self._open_for_s = 0.1 * open_s\n",
        "probe_fails",
        "reopens-on-failed-probe",
    ),
    Kind(
        "a deadline that cuts no attempt",
        _ATTEMPT,
        "        if left_s < self._timeout_s:\n",
        "        if False:\n",
        "provider_hung",
        "call-deadline",
    ),
    Kind(
        "an answer that undoes the event which overtook it",
        _CACHE,
        "        if entry.outdates(version, now) or (version < 0 and in_flight.overtaken):\n",
        "        if False:\n",
        "changed_under_way",
        "shows-changes-in-time",
    ),
    Kind(
        "who waits is forgotten as the loader leaves",
        _CACHE,
        "        if not entry.load.hand_over():\n",
        "        if True:\n",
        "loader_leaves",
        "waiters-outlive-loader",
    ),
)
