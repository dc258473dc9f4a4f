"""The shapes of systems whose explorations were published, as toys: cinema, mailchimp, netflix.

The kinds are those that their authors injected: a failed connection, a timeout, and three statuses.
"""

from dataclasses import replace

from tests.exploration.toys import FAILED, Caller, Handler, Invariants, System, World

KINDS = ("status-500", "status-502", "status-503", "refused", "slow-over")
_BROKEN_OFF = frozenset({"refused", "timeout"})


def leaf(answer: str) -> Handler:
    """Return a service that calls nobody."""
    return lambda _caller, _operation: answer


def declared(*answers: str) -> Invariants:
    """Return the invariant that the journey is answered nothing else."""
    return {"declared answers": lambda _world, seen: set(seen) <= set(answers)}


# --- cinema: a user's bookings, then a film for each


def _bookings(caller: Caller, providers: tuple[str, ...], attempts: int) -> str:
    for provider in providers:
        for _ in range(attempts):
            if (answer := caller.get(provider, "/bookings/{user}")) not in FAILED:
                return answer
    return "503"


def _with_films(caller: Caller) -> str:
    return "503" if caller.get("movies", "/movies/{id}") in FAILED else "bookings with films"


def cinema(name: str, providers: tuple[str, ...] = ("bookings",), attempts: int = 1) -> System:
    """Return the system with one or more providers of bookings, each asked some times."""

    def users(caller: Caller, _operation: str) -> str:
        if _bookings(caller, providers, attempts) in FAILED:
            return "503"
        return _with_films(caller)

    return System(
        name,
        {"users": users, "movies": leaf("film")} | {one: leaf("bookings") for one in providers},
        lambda journey: [journey.get("users", "/users/{user}/bookings")],
        declared("bookings with films", "503"),
        KINDS,
    )


def _users_who_check(caller: Caller, _operation: str) -> str:
    """Look which provider is alive, and ask that one alone."""
    alive = caller.get("bookings-primary", "/health-check") not in _BROKEN_OFF
    provider = "bookings-primary" if alive else "bookings-secondary"
    return "503" if _bookings(caller, (provider,), 1) in FAILED else _with_films(caller)


def _users_with_defaults(caller: Caller, _operation: str) -> str:
    caller.get("bookings", "/bookings/{user}")
    caller.get("movies", "/movies/{id}")
    return "bookings with films"


# --- expedia: reviews by a model, or else by time


def _reviews(caller: Caller, _operation: str) -> str:
    for provider in ("review-ml", "review-time"):
        if (answer := caller.get(provider, "/hotels/{id}")) not in FAILED:
            return answer
    return "503"


# --- mailchimp: a URL is looked up, and written to a primary store or a secondary one


def _load_balancer(caller: Caller, _operation: str) -> str:
    answer = caller.get("app-server", "/urls/{url}")
    if answer in _BROKEN_OFF:
        return "503"
    if answer in {"502", "503"}:
        return "no JSON"  # only a 500 is expected: the rest is passed on as it is
    return "the same URL" if answer == "500" else answer


def _app_server(caller: Caller, _operation: str) -> str:
    if caller.get("requestmapper", "/urls/{url}") in FAILED:
        return "500"
    for store in ("db-primary", "db-secondary"):
        read = caller.get(store, "/read")
        if read in _BROKEN_OFF or (store == "db-secondary" and read in FAILED):
            continue
        write = caller.post(store, "/write/urls/{url}")
        if write in _BROKEN_OFF or read in FAILED:
            continue
        return "URL, not written" if write in FAILED else "URL"
    return "500"


MAILCHIMP = System(
    "mailchimp",
    {
        "load-balancer": _load_balancer,
        "app-server": _app_server,
        "requestmapper": leaf("mapped"),
        "db-primary": leaf("ok"),
        "db-secondary": leaf("ok"),
    },
    lambda journey: [journey.get("load-balancer", "/urls/{url}")],
    declared("URL", "URL, not written", "the same URL", "503"),
    KINDS,
)


# --- netflix: a home page with what may be missing, and what else is shown then


def _mobile_client(caller: Caller, _operation: str) -> str:
    answer = caller.get("api-gateway", "/homepage/users/{id}")
    if answer == "502":
        return "no JSON"  # nobody thought of it
    return "503" if answer in FAILED else answer


def _api_gateway(caller: Caller, _operation: str) -> str:
    page: list[str] = []
    if (profile := caller.get("user-profile", "/users/{id}")) in FAILED:
        return "503" if profile in _BROKEN_OFF else "500"
    if caller.get("bookmarks", "/users/{id}") in FAILED:
        caller.post("telemetry")
        if caller.get("trending") in FAILED:
            return "503"
        page += ["trending"]
    else:
        page += ["bookmarks"]
    my_list = caller.get("my-list", "/users/{id}")
    if my_list in _BROKEN_OFF:
        my_list = caller.get("my-list", "/users/{id}")  # the same server again
    if my_list in FAILED:
        return "503"
    if caller.get("user-recommendations", "/users/{id}") not in FAILED:
        page += ["recommendations"]
    elif caller.get("global-recommendations") not in FAILED:
        page += ["global recommendations"]
    elif "trending" not in page:
        if caller.get("trending") in FAILED:
            return "503"
        page += ["trending"]
    return "503" if caller.get("ratings", "/users/{id}") in FAILED else " ".join(page)


def _a_page_with_something(_world: World, answers: list[str]) -> bool:
    return "no JSON" not in answers and set(answers) != {"trending"}


NETFLIX = System(
    "netflix",
    {"mobile-client": _mobile_client, "api-gateway": _api_gateway}
    | {
        one: leaf(one)
        for one in (
            "bookmarks",
            "global-recommendations",
            "my-list",
            "ratings",
            "telemetry",
            "trending",
            "user-profile",
            "user-recommendations",
        )
    },
    lambda journey: [journey.get("mobile-client", "/netflix/homepage/users/{id}")],
    {"a page with something on it": _a_page_with_something},
    KINDS,
)

# --- two branches, each of which hides what failed beneath it: most pairs show nothing new


def _branch(*providers: str) -> Handler:
    def answer(caller: Caller, _operation: str) -> str:
        failed = [one for one in providers if caller.get(one) in FAILED]
        return "503" if failed else "all of it"

    return answer


def _shop(caller: Caller, _operation: str) -> str:
    parts = [caller.get("orders"), caller.get("reviews")]
    return "503" if set(parts) <= FAILED else "page"


BRANCHES = System(
    "two branches",
    {"shop": _shop, "orders": _branch("stock", "prices"), "reviews": _branch("stars", "authors")}
    | {one: leaf(one) for one in ("stock", "prices", "stars", "authors")},
    lambda journey: [journey.get("shop")],
    declared("page", "503"),
    KINDS,
)

SYSTEMS = (
    cinema("cinema"),
    cinema("cinema, two attempts", attempts=2),
    cinema("cinema, a second provider", ("bookings-primary", "bookings-secondary")),
    MAILCHIMP,
    NETFLIX,
    BRANCHES,
)

_PROVIDERS = ("bookings-primary", "bookings-secondary")
_SECOND = cinema("cinema, a second provider", _PROVIDERS)
PUBLISHED = (
    (
        16,
        replace(
            cinema("cinema, defaults"),
            services={
                "users": _users_with_defaults,
                "bookings": leaf("bookings"),
                "movies": leaf("film"),
            },
            kinds=KINDS[2:],
        ),
    ),
    (61, _SECOND),
    (
        66,
        replace(
            _SECOND,
            name="cinema, a look first",
            services={**_SECOND.services, "users": _users_who_check},
        ),
    ),
    (
        26,
        System(
            "expedia",
            {
                "api-gateway": _reviews,
                "review-ml": leaf("by model"),
                "review-time": leaf("by time"),
            },
            lambda journey: [journey.get("api-gateway", "/review/hotels/{id}")],
            declared("by model", "by time", "404", "503"),
            ("status-404", "status-500", "status-503", "refused", "slow-over"),
        ),
    ),
)
"""With the number of tests that Filibuster's authors expect of each in its corpus. Which kinds
they injected isn't said there for each system; these fit."""
