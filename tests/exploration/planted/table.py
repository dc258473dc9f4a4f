"""The planted defects: which system has it, and the smallest set of faults that shows it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Planted:
    """A defect of a system, named by its environment variable DEFECT."""

    name: str
    journey: str
    shows: tuple[str, ...]
    """The smallest set: each fault as `kind operation`, or `kind operation #2`."""
    system: str = "asgi"
    """One of systems/: `asgi` and `reference` are applications in virtual time, the others are
    processes."""

    @property
    def faults(self) -> int:
        """How many faults it needs."""
        return len(self.shows)


PLANTED = (
    # Looking at something
    Planted("no-fallback", "look", ("status-503 GET /prices/{id}",)),
    Planted("raises-403", "look", ("status-403 GET /prices/{id}",)),
    Planted("no-price-is-free", "look", ("status-404 GET /prices/{id}",)),
    Planted("answers-about-another", "look", ("status-503 GET /prices/{id}",)),
    Planted("half-is-whole", "look", ("half-body GET /reviews/{id}",)),
    Planted("waits-for-ever", "look", ("hang GET /stock/{id}",)),
    Planted("caches-failure", "look", ("status-503 GET /stock/{id}",)),
    Planted("breaker-stays-open", "look", ("slow-over GET /stock/{id}",)),
    Planted("leaks-a-permit", "look", ("status-503 GET /stock/{id}",)),
    Planted(
        "fallback-crashes", "look", ("status-503 GET /defaults", "status-503 GET /prices/{id}")
    ),
    Planted("empty-page", "look", ("status-503 GET /reviews/{id}", "status-503 GET /stock/{id}")),
    # Ordering something
    Planted("charges-without-key", "buy", ("half-body POST /charges",)),
    Planted("new-key-for-each-attempt", "buy", ("half-body POST /charges",)),
    Planted("gives-up-when-late", "buy", ("slow-over POST /charges",)),
    Planted("swallows-refusal", "buy", ("status-404 POST /charges",)),
    Planted("no-refund", "buy", ("status-404 POST /parcels",)),
    Planted("no-mail-no-order", "buy", ("status-404 POST /mails",)),
    Planted("loses-mail", "buy", ("status-404 POST /mails",)),
    Planted("mails-without-key", "buy", ("half-body POST /mails",)),
    Planted(
        "refunds-in-one-attempt", "buy", ("status-503 POST /refunds", "status-404 POST /parcels")
    ),
    Planted("refunds-twice", "buy", ("half-body POST /refunds", "status-404 POST /parcels")),
    Planted("no-cancellation", "buy", ("half-body POST /parcels #2", "status-503 POST /parcels")),
    # Flask, with processes that are killed
    Planted("records-after-the-charge", "buy", ("kill-consumer POST /charges",), "flask"),
    Planted("keys-in-memory", "buy", ("kill-after-effect POST /charges",), "flask"),
    Planted("swallows-failure", "buy", ("status-404 POST /charges",), "flask"),
    Planted("new-key-for-each-attempt", "buy", ("half-body POST /charges",), "flask"),
    # Node
    Planted("ignores-status", "look", ("status-503 GET /prices/{id}",), "node"),
    Planted("raises-half", "look", ("half-body GET /prices/{id}",), "node"),
    Planted("dies-of-a-lost-view", "look", ("status-503 POST /views",), "node"),
    Planted("charges-without-key", "buy", ("half-body POST /charges",), "node"),
    # The reference system, and its clients
    Planted("card-403-crashes", "look", ("status-403 GET /users/{id}/profile",), "reference"),
    Planted(
        "card-garbage-crashes", "look", ("drift:drop $.id GET /users/{id}/profile",), "reference"
    ),
    Planted(
        "card-second-failure-crashes",
        "look",
        (
            "status-500 GET /users/{id}/profile",
            "status-500 GET /users/{id}/profile #2",
        ),
        "reference",
    ),
    Planted(
        "missing-for-good", "look_again", ("openapi:404 GET /users/{id}/profile",), "reference"
    ),
    Planted(
        "old-card-as-fresh",
        "look_after_change",
        ("status-403 GET /users/{id}/profile #2",),
        "reference",
    ),
    Planted(
        "refuses-whom-it-cannot-check", "post_a_job", ("status-403 GET /users/{id}",), "reference"
    ),
    Planted(
        "trusts-whom-it-cannot-check",
        "post_for_nobody",
        ("status-403 GET /users/{id}",),
        "reference",
    ),
    Planted("accepts-without-payment", "agree", ("status-403 POST /payments/intent",), "reference"),
    Planted("keeps-the-turn", "accept_again", ("status-403 POST /payments/intent",), "reference"),
    Planted("new-key-for-each-attempt", "agree", ("half-body POST /payments/intent",), "reference"),
    Planted("intent-403-crashes", "agree", ("status-403 POST /payments/intent",), "reference"),
    Planted(
        "intent-second-failure-crashes",
        "agree",
        (
            "status-500 POST /payments/intent",
            "status-500 POST /payments/intent #2",
        ),
        "reference",
    ),
    Planted("payer-unchecked", "pay_nobody", ("status-403 GET /users/{id}/profile",), "reference"),
    Planted("lost-is-declined", "pay", ("half-body PUT /charges/{id}",), "reference"),
    Planted("charges-again", "pay", ("half-body PUT /charges/{id}",), "reference"),
    Planted("charge-404-crashes", "pay", ("openapi:404 PUT /charges/{id}",), "reference"),
    Planted("charge-hangs", "pay", ("hang PUT /charges/{id}",), "reference"),
    Planted(
        "unknown-is-declined",
        "pay",
        (
            "half-body PUT /charges/{id}",
            "status-500 GET /charges/{id}",
        ),
        "reference",
    ),
    Planted(
        "asking-again-hangs",
        "pay",
        (
            "half-body PUT /charges/{id}",
            "hang GET /charges/{id}",
        ),
        "reference",
    ),
    Planted("receipt-403-crashes", "receipt", ("status-403 GET /jobs/{id}",), "reference"),
    Planted("receipt-hides-failures", "receipt", ("status-403 GET /jobs/{id}",), "reference"),
)
