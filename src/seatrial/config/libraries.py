"""The waits of everyday libraries, by the name that `like` takes: what the library itself fixes.

Attempts, the first wait and its cap are for whoever configures the library to choose, and so to
declare. A further library is one more line.
"""

from collections.abc import Mapping

LibraryLaw = Mapping[str, float | str]
LIBRARIES: Mapping[str, LibraryLaw] = {
    # Retry(backoff_factor=…): at once, then twice the factor, then four times.
    "urllib3": {"first_wait_s": 0.0, "growth": 2.0, "jitter": "none"},
    # wait_exponential_jitter(…), whose jitter is a second unless another is given.
    "tenacity": {"growth": 2.0, "jitter": "additive", "jitter_s": 1.0},
    # @retry(…): tenacity's, with wait_jitter.
    "stamina": {"growth": 2.0, "jitter": "additive", "jitter_s": 1.0},
    # on_exception(expo), whose jitter is full_jitter.
    "backoff": {"growth": 2.0, "jitter": "full"},
    # Retry(backoff_factor=…), whose backoff_jitter is 1.
    "httpx-retries": {"growth": 2.0, "jitter": "full"},
    # exponentialDelay: up to a fifth more.
    "axios-retry": {"growth": 2.0, "jitter": "additive", "jitter_ratio": 0.2},
    # calculateDelay: up to 100 ms more.
    "got": {"growth": 2.0, "jitter": "additive", "jitter_s": 0.1},
    # DefaultBackoff.
    "go-retryablehttp": {"growth": 2.0, "jitter": "none"},
    # RetryConfig.ofDefaults(): the same wait each time.
    "resilience4j": {"growth": 1.0, "jitter": "none"},
}
_OF_JITTER = {"jitter", "jitter_s", "jitter_ratio"}


def filled_in(retry: Mapping[str, object]) -> dict[str, object]:
    """Return a declared retry with what the library that it is like fixes; what it says wins."""
    law = LIBRARIES.get(str(retry.get("like")), {})
    if "jitter" in retry:
        law = {name: value for name, value in law.items() if name not in _OF_JITTER}
    if _OF_JITTER & set(retry):  # one width takes the place of the other
        law = {name: law[name] for name in law if name not in ("jitter_s", "jitter_ratio")}
    return {**law, **retry}


def telling(law: LibraryLaw) -> bool:
    """Return whether a law is one library's own, and not one that many have."""
    return "first_wait_s" in law or law["jitter"] == "additive"
