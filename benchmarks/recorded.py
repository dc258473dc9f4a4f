"""Contracts that nobody wrote: how long one takes to record, and what it catches."""

from contracts.changes.recorded import measure


def figures() -> dict[str, float]:
    """Record the reference system's edges, and put the table of providers' changes before them."""
    found = measure()
    return {
        "record_s": found.record_s,
        "consumer_mutants_per_s": found.mutants_per_s,
        "recorded_breaking_caught": found.caught / found.breaking,
        "recorded_benign_refused": float(found.refused),
    }
