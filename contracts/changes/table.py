"""The changes, and whom each breaks."""

import json
from dataclasses import dataclass

from contracts.changes.alterations import (
    Alter,
    add,
    answers,
    at,
    backwards,
    body,
    both,
    channel,
    charset,
    drop,
    header,
    messages,
    more_headers,
    raw,
    rename,
    status,
    to,
)

USER, MARKET, PAYMENTS = "user-service", "marketplace-service", "payments-service"
WEB, OFFICE = "web-app", "back-office"


@dataclass(frozen=True)
class Change:
    """Something that a provider does otherwise than before.

    Attributes:
        provider: who.
        what: in a sentence's half.
        alter: what it does to an answer or a message.
        breaks: the consumers whose contracts must turn red; none for a benign change.
    """

    provider: str
    what: str
    alter: Alter
    breaks: frozenset[str] = frozenset()

    @property
    def kind(self) -> str:
        """Breaking or benign."""
        return "breaking" if self.breaks else "benign"


def _breaking(provider: str, what: str, alter: Alter, *consumers: str) -> Change:
    return Change(provider, what, alter, frozenset(consumers))


_ONE_USER = r"GET /users/[^/]+$"
_PROFILE = r"GET /users/[^/]+/profile$"
_GET_USERS = r"GET /users/"

_USERS = (
    _breaking(USER, "email is called mail", answers(body(rename("email", "mail"))), MARKET),
    _breaking(USER, "a profile has no role", answers(body(drop("role"))), MARKET, PAYMENTS),
    _breaking(USER, "role is VA", answers(body(at("role", str.upper))), MARKET, PAYMENTS),
    _breaking(USER, "ids are numbers", answers(body(at("id", to(7)))), MARKET, PAYMENTS),
    _breaking(
        USER,
        "a user is in an envelope",
        answers(body(lambda user: {"data": user}), when=200),
        MARKET,
        PAYMENTS,
    ),
    _breaking(
        USER, "name is firstName", answers(body(rename("name", "firstName"))), MARKET, PAYMENTS
    ),
    _breaking(USER, "version is text", answers(body(at("version", str))), MARKET, PAYMENTS),
    _breaking(
        USER,
        "avatar is a path",
        answers(body(at("avatar", to("/ada.png"))), to_request=_PROFILE),
        MARKET,
        PAYMENTS,
    ),
    _breaking(
        USER,
        "verificationLevel is a number",
        answers(body(at("verificationLevel", to(2))), to_request=_ONE_USER),
        MARKET,
    ),
    _breaking(
        USER,
        "nobody is 200 and null",
        answers(both(raw(lambda _: b"null"), status(404, 200)), when=404),
        MARKET,
        PAYMENTS,
    ),
    _breaking(USER, "nobody is 410", status(404, 410), MARKET, PAYMENTS),
    _breaking(
        USER,
        "a profile has moved (307)",
        answers(both(status(200, 307), more_headers(location="/v2/users")), to_request=_PROFILE),
        MARKET,
        PAYMENTS,
    ),
    _breaking(USER, "events are user_created", messages(body(at("type", str.lower))), MARKET),
    _breaking(USER, "events have no version", messages(body(drop("version"))), MARKET),
    _breaking(USER, "events call userId id", messages(body(rename("userId", "id"))), MARKET),
    _breaking(
        USER,
        "events leave the e-mail out",
        messages(body(at("data", drop("email"))), "USER_UPDATED"),
        MARKET,
    ),
    _breaking(USER, "events come on users", channel("users"), MARKET),
    Change(USER, "more fields", body(add(shoeSize=46, links={"self": "/x"}))),
    Change(USER, "fields in another order", body(backwards())),
    Change(
        USER,
        "absent fields are null",
        answers(
            body(lambda user: dict.fromkeys(("name", "avatar", "verificationLevel")) | user),
            when=200,
        ),
    ),
    Change(USER, "another name", answers(body(at("name", to("Grace Hopper"))))),
    Change(USER, "a higher version", body(at("version", lambda version: version + 41))),
    Change(USER, "charset in the content type", charset("utf-8")),
    Change(USER, "more headers", more_headers(cache_control="no-store", x_served_by="n7")),
    Change(
        USER, "indented JSON", raw(lambda text: json.dumps(json.loads(text), indent=4).encode())
    ),
    Change(USER, "404 without a body", answers(raw(lambda _: b""), when=404)),
    Change(USER, "404 says why in other words", answers(body(at("detail", to("no"))), when=404)),
    Change(
        USER,
        "times with an offset",
        messages(body(at("timestamp", to("2026-01-01T13:00:00+01:00")))),
    ),
    Change(USER, "events without a trace", messages(body(drop("traceId")))),
)

_INTENT = r"POST /payments/intent"
_PROCESS = r"POST /payments/[^/]+/process"
_REFUND = r"POST /payments/[^/]+/refund"

_PAYMENTS = (
    _breaking(
        PAYMENTS,
        "an intent has an intentId",
        answers(body(rename("id", "intentId")), to_request=_INTENT, when=201),
        MARKET,
    ),
    _breaking(PAYMENTS, "an intent is 200", answers(status(201, 200)), MARKET),
    _breaking(PAYMENTS, "an intent is 202", answers(status(201, 202)), MARKET),
    _breaking(
        PAYMENTS,
        "an intent doesn't say what for",
        answers(body(drop("proposalId")), to_request=_INTENT),
        MARKET,
    ),
    _breaking(PAYMENTS, "amounts are text", answers(body(at("amount", str))), MARKET, OFFICE),
    _breaking(
        PAYMENTS,
        "amounts are in euros",
        answers(body(at("amount", lambda cents: cents / 100))),
        MARKET,
        OFFICE,
    ),
    _breaking(
        PAYMENTS, "currency is eur", answers(body(at("currency", str.lower))), MARKET, OFFICE
    ),
    _breaking(PAYMENTS, "a decline is 400", status(402, 400), OFFICE),
    _breaking(PAYMENTS, "a decline is 200", status(402, 200), OFFICE),
    _breaking(PAYMENTS, "a decline has a reason", body(rename("declineReason", "reason")), OFFICE),
    _breaking(PAYMENTS, "a wrong request is 400", status(422, 400), MARKET, OFFICE),
    _breaking(
        PAYMENTS,
        "503 doesn't say when to ask again",
        answers(header("retry-after", None), when=503),
        MARKET,
        OFFICE,
    ),
    _breaking(
        PAYMENTS,
        "Retry-After is a date",
        answers(header("retry-after", "Thu, 01 Jan 2026 00:00:00 GMT")),
        MARKET,
        OFFICE,
    ),
    _breaking(
        PAYMENTS,
        "a running key is like any conflict",
        answers(header("retry-after", None), when=409),
        OFFICE,
    ),
    _breaking(PAYMENTS, "a conflict is 400", status(409, 400), OFFICE),
    _breaking(PAYMENTS, "no payment is 400", status(404, 400), OFFICE),
    _breaking(
        PAYMENTS,
        "a charged payment is SUCCEEDED",
        answers(body(at("status", str.upper)), to_request=_PROCESS, when=200),
        OFFICE,
    ),
    _breaking(
        PAYMENTS,
        "a payment doesn't say what was given back",
        answers(body(drop("refundedAmount")), to_request=_PROCESS),
        OFFICE,
    ),
    _breaking(
        PAYMENTS,
        "a refund calls its payment payment",
        answers(body(rename("paymentId", "payment")), to_request=_REFUND),
        OFFICE,
    ),
    _breaking(PAYMENTS, "a refund is 201", answers(status(200, 201), to_request=_REFUND), OFFICE),
    _breaking(
        PAYMENTS,
        "PAYMENT_REFUNDED doesn't say how much in all",
        messages(body(at("data", drop("refundedAmount"))), "PAYMENT_REFUNDED"),
        OFFICE,
    ),
    _breaking(
        PAYMENTS,
        "events have a payment, and no data",
        messages(body(rename("data", "payment"))),
        OFFICE,
    ),
    _breaking(PAYMENTS, "events come on payments", channel("payments"), OFFICE),
    Change(PAYMENTS, "more fields", body(add(fee=12, links=[]))),
    Change(PAYMENTS, "fields in another order", body(backwards())),
    Change(PAYMENTS, "more headers", more_headers(vary="accept", x_served_by="n7")),
    Change(PAYMENTS, "charset in the content type", charset("UTF-8")),
    Change(PAYMENTS, "Retry-After is longer", answers(header("retry-after", "120"))),
    Change(
        PAYMENTS, "another decline", answers(body(at("declineReason", to("stolen_card"))), when=402)
    ),
    Change(PAYMENTS, "refusals say why in other words", answers(body(at("detail", to("no"))))),
    Change(
        PAYMENTS,
        "other ids for new intents",
        answers(body(at("id", to("pay_x"))), to_request=_INTENT, when=201),
    ),
)

_JOB = r"GET /jobs/"
_JOBS = r"GET /jobs$"
_ACCEPT = r"POST /proposals/[^/]+/accept"

_MARKET = (
    _breaking(MARKET, "a job has no title", answers(body(drop("title"))), WEB, PAYMENTS),
    _breaking(MARKET, "a budget is text", answers(body(at("budget", str))), WEB, PAYMENTS),
    _breaking(
        MARKET,
        "companyId is company",
        answers(body(rename("companyId", "company"))),
        WEB,
        PAYMENTS,
    ),
    _breaking(
        MARKET,
        "no job is 200 and null",
        answers(both(raw(lambda _: b"null"), status(404, 200)), to_request=_JOB, when=404),
        WEB,
        PAYMENTS,
    ),
    _breaking(
        MARKET,
        "jobs are in an envelope",
        answers(body(lambda jobs: {"items": jobs}), to_request=_JOBS),
        WEB,
    ),
    _breaking(
        MARKET,
        "jobs come oldest first",
        answers(body(lambda jobs: jobs[::-1]), to_request=_JOBS),
        WEB,
    ),
    _breaking(MARKET, "no link to the next page", answers(header("link", None)), WEB),
    _breaking(MARKET, "no company is 404", status(403, 404), WEB),
    _breaking(
        MARKET,
        "a posted job is OPEN",
        answers(body(at("status", str.upper)), to_request=r"POST /jobs", when=201),
        WEB,
    ),
    _breaking(
        MARKET,
        "a posted job doesn't count its proposals",
        answers(body(drop("proposalCount")), to_request=r"POST /jobs"),
        WEB,
    ),
    _breaking(MARKET, "a proposal is 202", answers(status(201, 202)), WEB),
    _breaking(
        MARKET,
        "an accepted proposal has no paymentId",
        answers(body(drop("paymentId")), to_request=_ACCEPT),
        WEB,
    ),
    _breaking(
        MARKET,
        "accepting is 409 while payments are away",
        answers(status(503, 409), to_request=_ACCEPT),
        WEB,
    ),
    _breaking(MARKET, "JOB_POSTED has an id", messages(body(rename("jobId", "id"))), WEB),
    _breaking(
        MARKET,
        "JOB_POSTED has budgets with cents",
        messages(body(at("data.budget", lambda cents: cents / 100 + 0.5))),
        WEB,
    ),
    Change(MARKET, "more fields", body(add(colour="green"))),
    Change(MARKET, "fields in another order", body(backwards())),
    Change(MARKET, "more headers", more_headers(cache_control="no-store", etag='"7"')),
    Change(MARKET, "charset in the content type", charset("utf-8")),
    Change(
        MARKET,
        "a longer description",
        answers(body(at("description", to("Very long. " * 50)))),
    ),
    Change(MARKET, "other tags", answers(body(at("tags", to(["new", "urgent"]))))),
    Change(MARKET, "more proposals", answers(body(at("proposalCount", lambda n: n + 12)))),
    Change(MARKET, "refusals say why in other words", answers(body(at("detail", to("no"))))),
    Change(
        MARKET, "other ids for new jobs", answers(body(at("id", to("x"))), to_request="POST /jobs")
    ),
)

CHANGES: tuple[Change, ...] = (*_USERS, *_PAYMENTS, *_MARKET)
