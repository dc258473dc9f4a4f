"""The consumers: numbers drawn from a seed, correct ones and one for each planted defect."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from tests.inference.numbers import Numbers

Language = Literal["python", "node", "go", "library", "threads", "aio", "express", "java"]
_LIBRARY_FAILURES = (408, 429, 500, 501, 502, 503, 504)


@dataclass(frozen=True)
class Case:
    """A consumer to infer."""

    name: str
    language: Language
    numbers: Numbers
    defect: str = ""
    """The finding that it was made for; empty: a correct one."""
    client: str = ""
    """The libraries, where it is made of some."""

    @property
    def resends(self) -> bool:
        """Whether its HTTP library sends again by itself on a connection that was just closed."""
        return self.language in ("go", "library", "threads", "java", "aio")


def cases(seed: int) -> list[Case]:
    """Return all cases, the correct ones first."""
    return [*_correct(seed), *_libraries(seed), *_defective(seed), *_other_shapes(seed)]


def _rng(seed: int, name: str) -> random.Random:
    return random.Random(f"{seed}/{name}")


def draw(rng: random.Random) -> Numbers:
    """Draw a correct consumer of a retry and a breaker; its times are up to a second or so."""
    attempts = rng.randint(2, 5)
    return Numbers(
        attempts=attempts,
        backoff_s=round(rng.uniform(0.05, 0.14), 3),
        growth=rng.choice((1.5, 2.0, 2.5)),
        jitter=rng.choice(("full", "equal")),
        attempt_timeout_s=round(rng.uniform(0.35, 0.8), 2),
        retry_after_cap_s=rng.choice((2.0, 3.0)),
        failures=rng.randint(2, 6),
        open_s=round(rng.uniform(1.0, 2.5), 2),
        successes=rng.randint(1, 4),
        probes=rng.randint(1, 4),
    )


def _cached(rng: random.Random) -> Numbers:
    return replace(draw(rng), ttl_s=round(rng.uniform(1.2, 3.5), 2), single_flight=True)


def _capped(rng: random.Random) -> Numbers:
    numbers = replace(draw(rng), attempts=5, growth=2.0)
    return replace(numbers, cap_s=round(numbers.backoff_s * 2, 3))


def _deadlined(rng: random.Random) -> Numbers:
    """All waits fit into the deadline, and late failures don't."""
    numbers = replace(
        draw(rng), attempts=4, growth=1.5, backoff_s=round(rng.uniform(0.04, 0.06), 3)
    )
    return replace(numbers, deadline_s=round((numbers.attempt_timeout_s or 1) * 1.7, 2))


def _inside(rng: random.Random) -> Numbers:
    attempts = rng.randint(2, 3)
    return replace(draw(rng), inside=True, attempts=attempts, failures=rng.randint(5, 9))


def _rated(rng: random.Random) -> Numbers:
    return replace(draw(rng), failures=None, rate=0.5, window_calls=10, minimum_calls=5)


def _once(rng: random.Random) -> Numbers:
    return replace(draw(rng), attempts=1, backoff_s=0.0, jitter="none")


def _dated(rng: random.Random) -> Numbers:
    return replace(draw(rng), retry_after_dates=True)


def _w3c(rng: random.Random) -> Numbers:
    return replace(draw(rng), trace="w3c", refusals_say=True)


def _missing_kept(rng: random.Random) -> Numbers:
    return replace(_cached(rng), missing_ttl_s=round(rng.uniform(0.7, 1.1), 2))


def _bounded(rng: random.Random) -> Numbers:
    return replace(_cached(rng), ttl_s=4.0, max_entries=rng.randint(15, 40))


def _few(rng: random.Random) -> Numbers:
    """Fewer entries than are loaded to look at their ages."""
    return replace(_cached(rng), max_entries=12)


def _growing(rng: random.Random) -> Numbers:
    return replace(draw(rng), open_growth=2.0)


def _post(rng: random.Random) -> Numbers:
    return replace(draw(rng), post=True)


Draw = Callable[[random.Random], Numbers]
_CORRECT: Sequence[tuple[str, Language, Draw]] = (
    ("python-plain", "python", draw),
    ("python-cache", "python", _cached),
    ("python-missing-kept", "python", _missing_kept),
    ("python-cap", "python", _capped),
    ("python-deadline", "python", _deadlined),
    ("python-inside", "python", _inside),
    ("python-rate", "python", _rated),
    ("python-once", "python", _once),
    ("python-decorrelated", "python", lambda rng: replace(draw(rng), jitter="decorrelated")),
    ("python-post", "python", _post),
    ("python-bounded", "python", _bounded),
    ("python-growing", "python", _growing),
    ("python-few", "python", _few),
    ("python-dates", "python", _dated),
    ("python-w3c", "python", _w3c),
    ("node-plain", "node", draw),
    ("node-cache", "node", _cached),
    ("node-cap", "node", _capped),
    ("go-plain", "go", draw),
    ("go-cap", "go", _capped),
    ("go-once", "go", _once),
)


def _correct(seed: int) -> list[Case]:
    return [Case(name, language, make(_rng(seed, name))) for name, language, make in _CORRECT]


def _libraries(seed: int) -> list[Case]:
    """As their documentation shows them: no cap of probes, and a timeout of each read."""
    found = []
    for client in (
        "tenacity+pybreaker",
        "stamina+purgatory",
        "backoff+aiobreaker",
        "httpx-retries",
        "urllib3",
    ):
        rng = _rng(seed, client)
        numbers = replace(
            draw(rng),
            each_read=True,
            probes=None,
            jitter="none" if client in ("stamina+purgatory", "urllib3") else "full",
            growth=2.0,
            retry_after_cap_s=None,
            statuses=(
                _LIBRARY_FAILURES[1:]
                if client in ("httpx-retries", "urllib3")
                else (429, *range(500, 505))
            ),
        )
        if client != "tenacity+pybreaker":
            numbers = replace(numbers, successes=1)
        if client in ("httpx-retries", "urllib3"):
            numbers = replace(numbers, failures=None, bad_answers=False)
            numbers = replace(numbers, retry_after_cap_s=120.0, retry_after_dates=True)
        if client == "urllib3":
            numbers = replace(numbers, first_at_once=True)
        found.append(Case(client, "library", numbers, client=client))
    return found


_DEFECTS: Sequence[tuple[str, str, dict[str, object]]] = (
    ("no-timeout", "no-timeout", {"attempt_timeout_s": None}),
    ("each-read", "timeout-of-each-read", {"each_read": True}),
    ("repeats-400", "refusals-repeated", {"statuses": (400, 429, 500, 502, 503, 504)}),
    ("repeats-404", "refusals-repeated", {"statuses": (404, 429, 500, 502, 503, 504)}),
    ("no-jitter", "no-jitter", {"jitter": "none"}),
    ("no-breaker", "no-breaker", {"failures": None}),
    ("never-opens", "no-breaker", {"never_opens": True}),
    ("counts-404", "refusals-open-breaker", {"counts_missing": True}),
    ("all-probes", "probes-uncapped", {"probes": None}),
    ("garbage", "garbage-passed-on", {"garbage_passed": True}),
    ("no-retry-after", "retry-after-ignored", {"retry_after_cap_s": None}),
    ("other-trace", "trace-changes", {"trace": "new"}),
    ("other-key", "key-changes", {"post": True, "key": "new"}),
    ("no-key", "unsafe-repeated-without-key", {"post": True, "key": "none"}),
)
_CACHE_DEFECTS: Sequence[tuple[str, str, dict[str, object]]] = (
    ("failures-cached", "failures-cached", {"failures_cached": True}),
    ("no-single-flight", "no-single-flight", {"single_flight": False}),
)
_IN: dict[Language, tuple[str, ...]] = {
    "python": tuple(name for name, _, _ in (*_DEFECTS, *_CACHE_DEFECTS)),
    "node": ("no-timeout", "each-read", "no-jitter", "all-probes", "garbage", "no-single-flight"),
    "go": ("each-read", "repeats-404", "counts-404", "never-opens", "all-probes"),
}


def _defective(seed: int) -> list[Case]:
    return [
        Case(
            name := f"{language}-{short}",
            language,
            replace(
                (_cached if (short, defect, changes) in _CACHE_DEFECTS else draw)(_rng(seed, name)),
                **changes,  # type: ignore[arg-type]
            ),
            defect,
        )
        for language, names in _IN.items()
        for short, defect, changes in (*_DEFECTS, *_CACHE_DEFECTS)
        if short in names
    ]


def _other_shapes(seed: int) -> list[Case]:
    """Consumers that share no code with the others, each with a shape of its own."""
    found = []
    for name, language, defect, make in _SHAPES:
        found.append(Case(name, language, make(_rng(seed, name)), defect))
    return found


def _bare(rng: random.Random) -> Numbers:
    """Return numbers of a consumer that asks once and keeps nothing."""
    return Numbers(attempts=1, attempt_timeout_s=round(rng.uniform(0.4, 0.9), 2), each_read=True)


def _thread(rng: random.Random) -> Numbers:
    return replace(
        _bare(rng), attempts=3, backoff_s=round(rng.uniform(0.06, 0.14), 3), linear=True, growth=2.0
    )


def _java(rng: random.Random) -> Numbers:
    return Numbers(
        attempts=rng.randint(2, 4),
        backoff_s=round(rng.uniform(0.08, 0.2), 3),
        growth=1.0,
        attempt_timeout_s=round(rng.uniform(0.4, 0.9), 2),
        each_read=True,
        statuses=(500, 502, 503, 504),
        failures=rng.randint(3, 6),
        open_s=round(rng.uniform(1.0, 2.0), 2),
        successes=rng.randint(1, 3),
        probes=1,
    )


def _axios(rng: random.Random) -> Numbers:
    """As they come: the timeout of axios bounds the call, with its attempts and waits."""
    timeout_s = round(rng.uniform(0.4, 0.9), 2)
    return Numbers(
        deadline_s=timeout_s,
        attempts=rng.randint(3, 4),
        backoff_s=round(rng.uniform(0.06, 0.12), 3),
        growth=2.0,
        jitter="additive",
        attempt_timeout_s=timeout_s,
        each_read=True,
        statuses=(429, 500, 501, 502, 503, 504),
        bad_answers=False,
        timeouts=False,
        retry_after_cap_s=120.0,
        retry_after_dates=True,
        rate=0.5,
        window_calls=0,  # a time
        minimum_calls=rng.randint(4, 8),
        open_s=round(rng.uniform(1.0, 2.0), 2),
        probes=1,
    )


_SHAPES: Sequence[tuple[str, Language, str, Draw]] = (
    (
        "threads-bare",
        "threads",
        "no-timeout",
        lambda rng: replace(_bare(rng), attempt_timeout_s=None),
    ),
    ("threads-linear", "threads", "no-jitter", lambda rng: replace(_thread(rng), attempts=4)),
    (
        "threads-budget",
        "threads",
        "no-breaker",
        lambda rng: replace(_thread(rng), tokens=rng.randint(15, 40), tokens_per_s=0.5),
    ),
    (
        "threads-shared-key",
        "threads",
        "answers-shared",
        lambda rng: replace(_bare(rng), ttl_s=30.0, shared_key=True),
    ),
    (
        "threads-missing-kept",
        "threads",
        "no-single-flight",
        lambda rng: replace(
            _bare(rng),
            ttl_s=(ttl_s := round(rng.uniform(1.0, 2.0), 2)),
            missing_ttl_s=ttl_s,
        ),
    ),
    (
        "aio-revalidates",
        "aio",
        "no-single-flight",
        lambda rng: replace(
            _bare(rng),
            each_read=False,
            ttl_s=round(rng.uniform(1.0, 1.6), 2),
            revalidate_s=round(rng.uniform(1.5, 2.5), 2),
        ),
    ),
    ("express-opossum", "express", "", _axios),
    ("java-fixed", "java", "timeout-of-each-read", _java),
    (
        "java-missing-kept",
        "java",
        "no-single-flight",
        lambda rng: replace(
            _java(rng),
            ttl_s=(ttl_s := round(rng.uniform(1.0, 2.0), 2)),
            missing_ttl_s=round(0.6 * ttl_s, 2),
        ),
    ),
)
