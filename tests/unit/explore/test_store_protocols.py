"""Commands are read from the bytes of a connection, however these are split; the rest passes."""

import itertools
from collections.abc import Callable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatrial.explore.kinds import turns
from seatrial.explore.postgresql import PostgresDialogue
from seatrial.explore.store_messages import StoreCommand, StoreDialogue
from seatrial.explore.valkey import ValkeyDialogue

DIALOGUES = [ValkeyDialogue, PostgresDialogue]
STARTUP = (9).to_bytes(4) + (3 << 16).to_bytes(4) + b"\0"
READY, READY_INSIDE = b"Z\0\0\0\5I", b"Z\0\0\0\5T"


def command(*words: str) -> bytes:
    """Return a command as Valkey's clients write it."""
    said = [f"${len(word.encode())}\r\n{word}\r\n" for word in words]
    return "".join([f"*{len(words)}\r\n", *said]).encode()


def message(kind: str, *texts: str) -> bytes:
    """Return a message of PostgreSQL's whose body is texts that end with a zero."""
    body = b"".join(text.encode() + b"\0" for text in texts)
    return kind.encode() + (4 + len(body)).to_bytes(4) + body


def executed(*statements: str) -> bytes:
    """Return what a client sends that prepares statements, and then executes them at once."""
    prepared = [
        message("P", f"s{n}", one) + message("B", "", f"s{n}") for n, one in enumerate(statements)
    ]
    return b"".join(one + message("E", "") for one in prepared) + message("S")


def split(data: bytes, places: Sequence[int]) -> list[bytes]:
    """Cut bytes at some places."""
    cuts = [0, *sorted(place % (len(data) + 1) for place in places), len(data)]
    return [data[start:end] for start, end in itertools.pairwise(cuts)]


def uses(dialogue: StoreDialogue, *chunks: bytes) -> list[StoreCommand]:
    """Return the uses in what a client sends, all of which is passed on as it is."""
    found = [one for chunk in chunks for one in dialogue.sent(chunk)]
    assert b"".join(one.data for one in found) == b"".join(chunks)
    return [one.command for one in found if one.command is not None]


places = st.lists(st.integers(0, 10_000), max_size=8)
words = st.lists(st.text(max_size=5), min_size=1, max_size=4)
values = st.recursive(
    st.sampled_from(
        [b"+OK\r\n", b"-ERR\r\n", b":1\r\n", b"$-1\r\n", b"_\r\n", b"*-1\r\n", b"#t\r\n"]
    )
    | st.binary(max_size=9).map(lambda data: b"$%d\r\n%s\r\n" % (len(data), data)),
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda all_: b"*%d\r\n" % len(all_) + b"".join(all_))
        | st.lists(st.tuples(inner, inner), max_size=2).map(
            lambda pairs: b"%%%d\r\n" % len(pairs) + b"".join(map(b"".join, pairs))
        )
    ),
    max_leaves=6,
)


@given(st.lists(words, max_size=5), places)
def test_any_split_of_what_a_client_of_valkey_sends_has_the_same_uses(
    commands: list[list[str]], cuts: list[int]
) -> None:
    sent = b"".join(command(*one) for one in commands)
    assert uses(ValkeyDialogue(), *split(sent, cuts)) == uses(ValkeyDialogue(), sent)


@given(st.lists(st.tuples(values, st.booleans()), max_size=5), places)
def test_answers_of_valkey_are_counted_however_they_are_split(
    answers: list[tuple[bytes, bool]], cuts: list[int]
) -> None:
    pushed, about = b">1\r\n:1\r\n", b"|1\r\n+key\r\n:1\r\n"
    said = b"".join((about if extra else pushed) + one for one, extra in answers)
    dialogue = ValkeyDialogue()
    assert sum(map(dialogue.answered, split(said, cuts))) == len(answers)


@given(st.lists(st.sampled_from(["INSERT INTO a VALUES (1)", "COMMIT", "SELECT 1"])), places)
def test_any_split_of_what_a_client_of_postgresql_sends_has_the_same_uses(
    statements: list[str], cuts: list[int]
) -> None:
    sent = STARTUP + executed(*statements) + message("Q", "; ".join(statements))
    assert uses(PostgresDialogue(), *split(sent, cuts)) == uses(PostgresDialogue(), sent)


@given(st.lists(st.binary(max_size=9)), places)
def test_answers_of_postgresql_are_counted_however_they_are_split(
    rows: list[bytes], cuts: list[int]
) -> None:
    said = b"".join(b"D" + (4 + len(row)).to_bytes(4) + row + READY for row in rows)
    dialogue = PostgresDialogue()
    assert sum(map(dialogue.answered, split(said, cuts))) == len(rows)
    (insert,) = uses(dialogue, STARTUP, message("Q", "INSERT INTO a DEFAULT VALUES"))
    assert insert.changes, "no transaction is open"


@pytest.mark.parametrize("new", DIALOGUES)
@pytest.mark.parametrize(
    "garbage", [b"GET / HTTP/1.1\r\n", b"\x16\x03\x01\x02\x00\x01", b"*1\r\n$-1\r\n"]
)
def test_what_is_not_understood_passes_at_once(
    new: Callable[[], StoreDialogue], garbage: bytes
) -> None:
    for begun in (b"", STARTUP, command("PING")):
        assert not uses(new(), begun, garbage)
    dialogue = new()
    assert not uses(dialogue, garbage, command("SET", "a", "1"), executed("INSERT INTO a"))
    assert dialogue.answered(READY + b"+OK\r\n") == 0


@given(st.sampled_from(DIALOGUES), st.lists(st.binary(max_size=40)))
def test_no_byte_is_changed_or_sent_out_of_order(
    new: Callable[[], StoreDialogue], chunks: list[bytes]
) -> None:
    dialogue = new()
    passed = [one.data for chunk in chunks for one in dialogue.sent(chunk)]
    assert b"".join(chunks).startswith(b"".join(passed))
    for chunk in chunks:
        dialogue.answered(chunk)


@pytest.mark.parametrize(
    ("sent", "operation", "kinds"),
    [
        (["get", "card:17"], "GET card:17", 2),
        (["SET", "card:17", "x"], "SET card:17", 3),
        (["EVALSHA", "abc", "1", "lock:17", "x"], "EVALSHA lock:17", 3),
        (["FLUSHALL"], "FLUSHALL", 3),
    ],
)
def test_a_command_is_named_by_its_verb_and_key(
    sent: list[str], operation: str, kinds: int
) -> None:
    (found,) = uses(ValkeyDialogue(), command(*sent))
    assert (found.operation, len(found.kinds)) == (operation, kinds)


@pytest.mark.parametrize(
    "verb", ["HELLO", "PING", "XREAD", "BLPOP", "XAUTOCLAIM", "CLIENT", "MULTI"]
)
def test_housekeeping_and_polls_of_valkey_are_no_uses(verb: str) -> None:
    assert not uses(ValkeyDialogue(), command(verb, "1"))


def test_a_transaction_of_valkey_is_one_use_at_its_end() -> None:
    queued = [command("XADD", "events", "*", "a", "1"), command("PUBLISH", "events", "1")]
    sent = [command("MULTI"), *queued, *queued, command("EXEC"), command("GET", "a")]
    assert uses(ValkeyDialogue(), *sent) == [
        StoreCommand("EXEC XADD events, PUBLISH events", changes=True),
        StoreCommand("GET a", changes=False),
    ]
    assert not uses(ValkeyDialogue(), command("MULTI"), *queued, command("DISCARD"))


def test_a_subscriber_is_left_alone() -> None:
    assert not uses(ValkeyDialogue(), command("SUBSCRIBE", "a") + command("GET", "a"))


@pytest.mark.parametrize(
    ("statement", "operation", "kinds"),
    [
        ('insert into "public"."orders" values (\'; DROP\')', "INSERT orders", 3),
        ("/* by id */ SELECT * FROM shop.orders o JOIN users u", "SELECT shop.orders", 2),
        ("UPDATE ONLY orders SET a = 1", "UPDATE orders", 3),
        ("WITH old AS (SELECT 1) DELETE FROM orders", "DELETE orders", 3),
        ("WITH old AS (SELECT 1 FROM a) SELECT 1", "SELECT a", 2),
        ("SELECT place_order(1)", "SELECT place_order", 3),
        ("TRUNCATE TABLE orders", "TRUNCATE orders", 3),
        ("COPY orders FROM STDIN", "COPY orders", 2),
        ("INSERT INTO a DEFAULT VALUES; SELECT 1 FROM b", "INSERT a; SELECT b", 3),
        ("CREATE INDEX ON orders (a)", "CREATE", 3),
    ],
)
def test_a_statement_is_named_by_its_verb_and_table(
    statement: str, operation: str, kinds: int
) -> None:
    for sent in (message("Q", statement), executed(statement)):
        (found,) = uses(PostgresDialogue(), STARTUP, sent)
        assert (found.operation, len(found.kinds)) == (operation, kinds)


@pytest.mark.parametrize(
    "statement",
    [
        "BEGIN",
        "ROLLBACK",
        "SAVEPOINT a",
        "SELECT 1",
        "SELECT pg_advisory_lock(1)",
        "SELECT typname FROM pg_catalog.pg_type",
        "SHOW server_version",
        "SET search_path = a",
        "-- INSERT INTO a",
        "",
    ],
)
def test_what_looks_after_a_session_of_postgresql_is_no_use(statement: str) -> None:
    assert not uses(PostgresDialogue(), STARTUP, message("Q", statement))


def test_what_the_server_undoes_with_the_connection_leaves_no_doubt() -> None:
    dialogue = PostgresDialogue()
    assert not uses(dialogue, STARTUP, message("Q", "BEGIN"))
    dialogue.answered(READY + READY_INSIDE)
    assert uses(dialogue, executed("INSERT INTO a DEFAULT VALUES", "COMMIT")) == [
        StoreCommand("INSERT a", changes=False),
        StoreCommand("COMMIT", changes=True),
    ]
    dialogue.answered(READY)
    assert uses(dialogue, message("Q", "INSERT INTO a DEFAULT VALUES")) == [
        StoreCommand("INSERT a", changes=True)
    ]


def test_a_transaction_that_changes_nothing_has_no_use_at_its_end() -> None:
    sent = message("Q", "BEGIN") + message("Q", "SELECT 1 FROM a") + message("Q", "COMMIT")
    (found,) = uses(PostgresDialogue(), STARTUP, sent)
    assert found == StoreCommand("SELECT a", changes=False)


def test_what_a_server_of_postgresql_refuses_to_encrypt_is_read() -> None:
    dialogue = PostgresDialogue()
    asks = (8).to_bytes(4) + (80877103).to_bytes(4)
    assert not uses(dialogue, asks)
    assert dialogue.answered(b"N" + READY) == 1
    assert uses(dialogue, STARTUP, message("Q", "DELETE FROM a"))
    encrypted = PostgresDialogue()
    assert not uses(encrypted, asks)
    encrypted.answered(b"S")
    assert not uses(encrypted, b"\x16\x03\x01", STARTUP, message("Q", "DELETE FROM a"))


def test_a_lost_answer_is_tried_before_a_reset() -> None:
    kinds = StoreCommand("COMMIT", changes=True).kinds
    tried = turns(kinds, "COMMIT")
    assert [tried[turn] for turn in sorted(tried)] == ["answer-lost", "reset", "hang"]
