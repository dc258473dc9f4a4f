# ruff: noqa: N818
"""A shop of two Flask services that keep what they know, and mistakes that only faults show.

`python shop.py front|payments`; DEFECT names the mistake that is in, STATE the database's file.
"""

import os
import sqlite3
import sys
import uuid
from typing import Any

import requests
from flask import Flask, jsonify, request

ATTEMPT_S = 8.0
"""More than a killed service takes to run again, on a busy machine too."""
DEFECT = os.environ.get("DEFECT", "")
app = Flask(__name__)
keys: set[str] = set()
"""Of the defect that forgets them."""


class Failed(Exception):
    """A charge that may have been made, or not."""


def ask(statement: str, *values: str) -> list[tuple[Any, ...]]:
    with sqlite3.connect(os.environ["STATE"]) as database:
        found = database.execute(statement, values).fetchall()
    database.close()
    return found


@app.get("/health")
def health() -> Any:
    return jsonify({})


# --- payments


@app.post("/charges")
def charge() -> Any:
    key = request.headers.get("Idempotency-Key") or uuid.uuid4().hex
    order = request.get_json()["order"]
    if DEFECT == "keys-in-memory":
        if key not in keys:
            keys.add(key)
            ask("INSERT INTO charges VALUES (?, ?)", uuid.uuid4().hex, order)
        return jsonify({}), 201
    ask("INSERT OR IGNORE INTO charges VALUES (?, ?)", key, order)
    return jsonify({}), 201


@app.post("/refunds")
def refund() -> Any:
    ask("DELETE FROM charges WHERE said = ?", request.get_json()["order"])
    return jsonify({}), 201


@app.get("/charges")
def charges() -> Any:
    return jsonify(sorted(said for (said,) in ask("SELECT said FROM charges")))


# --- front


def post(path: str, order: str, *, final: bool) -> None:
    """Send a POST in two attempts; `final`: what is refused isn't asked again."""
    headers = {"Idempotency-Key": order}
    for attempt in (1, 2):
        if DEFECT == "new-key-for-each-attempt":
            headers = {"Idempotency-Key": uuid.uuid4().hex}
        try:
            answer = requests.post(
                os.environ["PAYMENTS_URL"] + path,
                json={"order": order},
                headers=headers,
                timeout=ATTEMPT_S,
            )
            answer.raise_for_status()
        except requests.RequestException as error:
            refused = error.response is not None and error.response.status_code < 429
            if attempt == 2 or (final and refused):
                raise Failed from error
        else:
            return


def settle() -> None:
    """Give back what was charged for orders that nobody knows to be paid."""
    for (order,) in ask("SELECT name FROM orders WHERE state = 'begun'"):
        try:
            post("/refunds", order, final=False)
        except Failed:
            continue
        ask("UPDATE orders SET state = 'failed' WHERE name = ?", order)


@app.post("/orders")
def order() -> Any:
    name = uuid.uuid4().hex
    if DEFECT != "records-after-the-charge":
        ask("INSERT INTO orders VALUES (?, 'begun')", name)
    try:
        post("/charges", name, final=True)
    except Failed:
        if DEFECT != "swallows-failure":
            settle()
            return jsonify({"title": "not now"}), 503
    ask("INSERT OR REPLACE INTO orders VALUES (?, 'paid')", name)
    return jsonify({"id": name}), 201


@app.get("/orders")
def orders() -> Any:
    return jsonify({state: _named(state) for state in ("begun", "paid")})


def _named(state: str) -> list[str]:
    return sorted(name for (name,) in ask("SELECT name FROM orders WHERE state = ?", state))


if __name__ == "__main__":
    ask("CREATE TABLE IF NOT EXISTS orders (name TEXT PRIMARY KEY, state TEXT)")
    ask("CREATE TABLE IF NOT EXISTS charges (key TEXT PRIMARY KEY, said TEXT)")
    if sys.argv[1] == "front":
        settle()
    app.run(port=int(os.environ["PORT"]))
