"""The defects: what is wrong, which scenario finds it, and by which check."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Defect:
    """One thing that is wrong with the consumer, and nothing else."""

    name: str
    """As the environment plants it."""
    scenario: str
    """The quickest scenario that finds it."""
    check: str
    """The check that must fail; no other may, but those that depend on it are undecided."""
    edge: str = "things"


PLANTED: tuple[Defect, ...] = (
    Defect("no-retry", "attempts_fail", "attempts-per-call"),
    Defect("one-try-more", "attempts_fail", "attempts-per-call"),
    Defect("stacked-retries", "storm", "amplification-is-bounded"),
    Defect("no-backoff", "attempts_fail", "waits-grow"),
    Defect("backoff-does-not-grow", "attempts_fail", "waits-grow"),
    Defect("waits-longer", "attempts_fail", "waits-grow"),
    Defect("no-jitter", "attempts_fail", "waits-are-spread"),
    Defect("no-budget", "retry_budget", "retries-are-budgeted"),
    Defect("ignores-retry-after", "too_many_requests", "honours-retry-after"),
    Defect("ignores-dates", "too_many_requests", "honours-retry-after-dates"),
    Defect("waits-too-long", "too_many_requests", "ends-at-long-retry-after"),
    Defect("retries-refusals", "unknown_entities", "never-retries-refusals"),
    Defect("retries-open", "provider_down", "fails-fast-while-open"),
    Defect("no-trace", "attempts_fail", "trace-on-every-attempt"),
    Defect("trace-lost-on-retry", "attempts_fail", "trace-on-every-attempt"),
    Defect("trace-of-another", "many_callers", "trace-on-every-attempt"),
    Defect("no-key", "attempts_fail", "never-repeats-unsafe", edge="charges"),
    Defect("other-key", "attempts_fail", "same-key-on-every-attempt", edge="charges"),
    Defect("one-key-for-all", "attempts_fail", "same-key-on-every-attempt", edge="charges"),
    Defect("lost-answer-not-asked-for", "answer_lost", "hides-lost-answers", edge="charges"),
    Defect("no-timeout", "provider_hung", "attempt-timeout"),
    Defect("timeout-of-each-read", "body_drips", "attempt-timeout-covers-body"),
    Defect("impatient", "provider_slow", "waits-for-slow-answers"),
    Defect("no-deadline", "provider_hung", "call-deadline"),
    Defect("answers-late", "provider_down", "answers-in-time"),
    Defect("down-is-missing", "provider_down", "answers-as-declared-while-down"),
    Defect("opens-early", "provider_down", "stays-closed-below-threshold"),
    Defect("opens-late", "provider_down", "opens-at-threshold"),
    Defect("never-opens", "provider_down", "opens-at-threshold"),
    Defect("success-does-not-reset", "flapping", "success-resets-count"),
    Defect("counts-a-rate", "flapping", "success-resets-count"),
    Defect("counts-missing", "unknown_entities", "missing-is-no-failure"),
    Defect("counts-cancellations", "cancelled_callers", "cancellation-is-no-failure"),
    Defect("close-not-retried", "connections_break", "retries-every-kind"),
    Defect("close-not-counted", "connections_break", "counts-every-kind"),
    Defect("library-sends-again", "connections_break", "retries-every-kind"),
    Defect("hang-not-retried", "nobody_answers", "retries-every-kind"),
    Defect("hang-not-counted", "nobody_answers", "counts-every-kind"),
    Defect("502-not-retried", "statuses_fail", "retries-every-kind"),
    Defect("504-not-counted", "statuses_fail", "counts-every-kind"),
    Defect("retries-502", "statuses_fail", "retries-every-kind", edge="apart"),
    Defect("library-sends-twice", "connections_break", "retries-every-kind", edge="resends"),
    Defect("counts-refusals", "refused_often", "refusal-is-no-failure"),
    Defect("missing-keeps-probe", "neutral_probes", "probes-leave-their-places"),
    Defect("stuck-after-failed-probe", "failing_probes", "probes-leave-their-places"),
    Defect("shared-failure-counts-each", "stampede", "shared-failure-counts-once"),
    Defect("rate-too-low", "failure_rate", "stays-closed-below-rate", edge="rated"),
    Defect("rate-of-few-calls", "rate_window", "stays-closed-below-minimum-calls", edge="rated"),
    Defect("rate-never-forgets", "rate_window", "rate-is-of-the-window", edge="rated"),
    Defect("slow-too-soon", "slow_calls", "calls-in-time-are-not-slow", edge="rated"),
    Defect("slow-not-counted", "slow_calls", "slow-calls-open", edge="rated"),
    Defect("retry-after-of-hours", "provider_down", "retry-after-fits"),
    Defect("open-too-short", "provider_back", "stays-open-as-declared"),
    Defect("open-too-long", "provider_back", "probes-after-open-time"),
    Defect("half-open-unlimited", "half_open_under_load", "caps-probes"),
    Defect("one-probe-too-many", "half_open_under_load", "caps-probes"),
    Defect("closes-early", "provider_back", "closes-after-successes"),
    Defect("closes-late", "provider_back", "closes-after-successes"),
    Defect("does-not-reopen", "probe_fails", "reopens-on-failed-probe"),
    Defect("late-success-closes", "late_success", "late-success-changes-nothing"),
    Defect("late-failure-extends", "late_failure", "late-failure-extends-nothing"),
    Defect("late-success-counts", "late_success_half_open", "late-success-closes-nothing"),
    Defect("late-failure-reopens", "late_failure_half_open", "late-failure-reopens-nothing"),
    Defect("late-success-resets", "late_success_closed", "late-success-resets-nothing"),
    Defect("late-failure-counts", "late_failure_closed", "late-failure-counts-nothing"),
    Defect("keeps-probes", "cancelled_probes", "recovers"),
    Defect("no-bulkhead", "concurrency_limit", "caps-concurrency"),
    Defect("ttl-too-short", "entry_expires", "hit-sends-nothing"),
    Defect("ignores-ttl", "entry_expires", "entries-expire"),
    Defect("cache-grows", "cache_full", "caps-entries"),
    Defect("caught-up-in-silence", "stream_lost", "used-while-changes-flow", edge="cards"),
    Defect("missing-kept", "unknown_entities", "missing-is-forgotten"),
    Defect("failure-cached", "garbage", "failures-are-not-cached"),
    Defect("no-single-flight", "stampede", "single-flight"),
    Defect("waiters-ask-alone", "stampede", "waiters-share-failure"),
    Defect("no-stale", "stale_while_down", "stale-as-declared"),
    Defect("stale-as-fresh", "stale_while_down", "stale-as-declared"),
    Defect("stale-for-ever", "expired_while_down", "nothing-too-old"),
    Defect("cache-behind-breaker", "cached_while_down", "serves-hits-while-open"),
    Defect("wrong-entity", "many_callers", "right-entity"),
    Defect("hit-shows-last-loaded", "many_callers", "right-entity"),
    Defect("key-without-case", "look_alikes", "right-entity"),
    Defect("garbage-passed", "garbage", "garbage-is-never-good"),
    Defect("schema-passed", "garbage", "broken-schema-is-never-good"),
)
