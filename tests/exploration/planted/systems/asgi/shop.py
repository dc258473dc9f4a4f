# ruff: noqa: D101, D102, N818
"""A shop of five ASGI services, and mistakes that only faults show; DEFECT names which is in.

`python shop.py shop|catalogue|payments|parcels|mail` serves one of them.
"""

import asyncio
import os
import re
import sys
import uuid
from collections import Counter
from typing import Any

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

TIMEOUT_S = 1.0
Json = Any


class Failed(Exception):
    """A provider that can't be used."""


class Refused(Exception):
    """A provider that says no."""


def has(defect: str) -> bool:
    return os.environ.get("DEFECT") == defect


def application(*routes: Route) -> Starlette:
    async def health(_: Request) -> Response:
        return JSONResponse({})

    return Starlette(routes=[Route("/health", health), *routes])


# --- providers


def catalogue() -> Starlette:
    async def price(request: Request) -> Response:
        return JSONResponse({"id": request.path_params["id"], "price": 5})

    async def default(_: Request) -> Response:
        return JSONResponse({"id": "default", "price": 9})

    async def stock(_: Request) -> Response:
        return JSONResponse({"count": 3})

    async def reviews(_: Request) -> Response:
        return JSONResponse([1, 2, 3])

    return application(
        Route("/prices/{id}", price),
        Route("/defaults", default),
        Route("/stock/{id}", stock),
        Route("/reviews/{id}", reviews),
    )


class Book:
    """What was done, once for each key; what was undone stays undone."""

    def __init__(self) -> None:
        self.done: Counter[str] = Counter()
        self.undone: Counter[str] = Counter()
        self._ids: dict[str, str] = {}

    async def do(self, request: Request) -> Response:
        order = (await request.json())["order"]
        key = request.headers.get("idempotency-key") or uuid.uuid4().hex
        if key not in self._ids and not self.undone[order]:
            self._ids[key] = uuid.uuid4().hex
            self.done[order] += 1
        return JSONResponse({"id": self._ids.get(key, "")}, 201)

    async def undo(self, request: Request) -> Response:
        order, repeated = (await request.json())["order"], "idempotency-key" in request.headers
        self.undone[order] = 1 if repeated else self.undone[order] + 1
        return JSONResponse({}, 201)

    async def totals(self, _: Request) -> Response:
        return JSONResponse({"done": self.done, "undone": self.undone})

    def application(self, do: str, undo: str) -> Starlette:
        return application(
            Route(do, self.do, methods=["POST"]),
            Route(undo, self.undo, methods=["POST"]),
            Route("/totals", self.totals),
        )


def payments() -> Starlette:
    return Book().application("/charges", "/refunds")


def parcels() -> Starlette:
    return Book().application("/parcels", "/cancellations")


def mail() -> Starlette:
    return Book().application("/mails", "/recalls")


# --- their consumer


class Shop:
    def __init__(self) -> None:
        self.client = httpx.AsyncClient(
            timeout=None,  # noqa: S113 - `send` has one
            trust_env=False,
            verify=False,  # noqa: S501 - plain HTTP; to read the list of authorities takes 50 ms
        )
        self.urls = {
            name: os.environ[f"{name}_URL"] for name in ("CATALOGUE", "PAYMENTS", "PARCELS", "MAIL")
        }
        self.defect = os.environ.get("DEFECT", "")
        self.orders: list[str] = []
        self.unsent: list[str] = []
        self.kept_failure = False
        self.permits = asyncio.Semaphore(1)

    # Asking

    async def send(self, to: str, method: str, path: str, **options: Any) -> httpx.Response:
        waits = self.defect == "waits-for-ever" and path.startswith("/stock")
        try:
            async with asyncio.timeout(None if waits else TIMEOUT_S):
                answer = await self.client.request(method, self.urls[to] + path, **options)
        except (httpx.HTTPError, TimeoutError) as error:
            raise Failed from error
        if answer.status_code >= 500 or answer.status_code == 429:
            raise Failed(answer.status_code)
        if answer.is_error:
            raise Refused(answer.status_code)
        return answer

    async def get(self, path: str) -> Json:
        return (await self.send("CATALOGUE", "GET", path)).json()

    async def post(self, to: str, path: str, order: str, *, undoing: bool = False) -> None:
        """Do something once, in two attempts; what is undone isn't refused for good."""
        key = {"Idempotency-Key": f"{order}{path}"}
        for attempt in (1, 2):
            if self.defect == "charges-without-key" and path == "/charges":
                key = {}
            if self.defect == "new-key-for-each-attempt" and path == "/charges":
                key = {"Idempotency-Key": uuid.uuid4().hex}
            if self.defect == "mails-without-key" and path == "/mails":
                key = {}
            if self.defect == "refunds-twice" and path == "/refunds":
                key = {}
            try:
                await self.send(to, "POST", path, json={"order": order}, headers=key)
            except (Failed, Refused) as error:
                final = isinstance(error, Refused) and not undoing
                if self.defect == "refunds-in-one-attempt" and path == "/refunds":
                    return
                if final or attempt == 2:
                    raise Failed from error
            else:
                return

    # Looking

    async def item(self, request: Request) -> Response:
        item = request.path_params["id"]
        try:
            found = {"id": item} | await self.price(item)
            found["count"] = await self.stock(item)
        except (Failed, Refused):
            if self.defect == "empty-page" and not await self.reviews(item):
                return JSONResponse({})
            return JSONResponse({"title": "not now"}, 503)
        return JSONResponse(found | {"reviews": await self.reviews(item)})

    async def price(self, item: str) -> dict[str, Json]:
        try:
            found = await self.get(f"/prices/{item}")
        except (Failed, Refused) as error:
            if self.defect == "no-fallback":
                raise RuntimeError from error
            if self.defect == "raises-403" and error.args == (403,):
                raise RuntimeError from error
            if self.defect == "no-price-is-free" and error.args == (404,):
                return {"price": 0}
            try:
                default: dict[str, Json] = await self.get("/defaults")
            except (Failed, Refused):
                if self.defect == "fallback-crashes":
                    raise RuntimeError from None
                raise
            return (
                default if self.defect == "answers-about-another" else {"price": default["price"]}
            )
        return {"price": found["price"]}

    async def stock(self, item: str) -> int:
        if self.kept_failure:
            raise Failed
        if self.defect != "leaks-a-permit":
            return await self._stock(item)
        await self.permits.acquire()
        count = await self._stock(item)
        self.permits.release()
        return count

    async def _stock(self, item: str) -> int:
        try:
            count: int = (await self.get(f"/stock/{item}"))["count"]
        except Failed as error:
            late = isinstance(error.__cause__, TimeoutError)
            self.kept_failure = self.defect == "caches-failure" or (
                self.defect == "breaker-stays-open" and late
            )
            raise
        return count

    async def reviews(self, item: str) -> list[int]:
        if self.defect == "half-is-whole":
            return await self._reviews_so_far(item)
        try:
            found: list[int] = await self.get(f"/reviews/{item}")
        except (Failed, Refused):
            return []
        return found

    async def _reviews_so_far(self, item: str) -> list[int]:
        text = ""
        try:
            url = f"{self.urls['CATALOGUE']}/reviews/{item}"
            async with asyncio.timeout(TIMEOUT_S), self.client.stream("GET", url) as answer:
                async for part in answer.aiter_text():
                    text += part
        except (httpx.HTTPError, TimeoutError):
            pass
        return [int(one) for one in re.findall(r"\b\d\b", text)]

    # Ordering

    async def order(self, request: Request) -> Response:
        await request.json()
        order = str(uuid.uuid4())
        try:
            await self.charge(order)
            await self.post("PARCELS", "/parcels", order)
        except (Failed, Refused) as error:
            await self.undo(order, late=isinstance(error.__cause__, TimeoutError))
            return JSONResponse({"title": "not now"}, 503)
        self.unsent.append(order)
        try:
            await self.send_mails()
        except Failed:
            if self.defect == "no-mail-no-order":
                return JSONResponse({"title": "not now"}, 503)
        self.orders.append(order)
        return JSONResponse({"id": order}, 201)

    async def charge(self, order: str) -> None:
        if self.defect == "gives-up-when-late":
            await self.send("PAYMENTS", "POST", "/charges", json={"order": order})
            return
        try:
            await self.post("PAYMENTS", "/charges", order)
        except Failed as error:
            swallowed = isinstance(error.__cause__, Refused)
            if not (self.defect == "swallows-refusal" and swallowed):
                raise

    async def undo(self, order: str, *, late: bool) -> None:
        if self.defect == "gives-up-when-late" and late:
            return
        if self.defect != "no-refund":
            await self.post("PAYMENTS", "/refunds", order, undoing=True)
        if self.defect != "no-cancellation":
            await self.post("PARCELS", "/cancellations", order, undoing=True)

    async def send_mails(self) -> None:
        for order in tuple(self.unsent):
            if self.defect == "loses-mail":
                self.unsent.remove(order)
            await self.post("MAIL", "/mails", order)
            if order in self.unsent:
                self.unsent.remove(order)

    async def totals(self, _: Request) -> Response:
        return JSONResponse({"orders": self.orders, "unsent": self.unsent})


def shop() -> Starlette:
    made = Shop()
    return application(
        Route("/items/{id}", made.item),
        Route("/orders", made.order, methods=["POST"]),
        Route("/totals", made.totals),
    )


if __name__ == "__main__":
    import uvicorn

    uvicorn.run(globals()[sys.argv[1]](), port=int(os.environ["PORT"]), log_level="error")
