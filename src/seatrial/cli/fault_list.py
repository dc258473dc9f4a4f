"""`seatrial chaos list --faults`: what can be done to a wire, from the code that does it."""

import dataclasses
from collections.abc import Iterator

from pydantic_core import PydanticUndefined

from seatrial.cli.output import table

PLACES = (
    ("network", "through Toxiproxy, on connections"),
    (
        "http",
        "through the tap, on requests: the first N, every N-th, in a window of time, for a method,"
        " path, query, header or user",
    ),
    ("process", "by signals, on a service"),
)


def list_faults() -> None:
    """Print every fault: its name, where it works, what can be set, and what it does."""
    table(("fault", "place", "settings (default)", "what happens"), fault_rows())
    table(("place", "made"), PLACES)


def fault_rows() -> Iterator[tuple[str, str, str, str]]:
    """Each fault's row."""
    from seatrial.faults import faults
    from seatrial.tap import ACTIONS

    for name, fault in faults().items():
        settings = ", ".join(_field(one.name, one.default) for one in dataclasses.fields(fault))
        yield name, fault.place, settings, fault.explanation()
    for name, action in ACTIONS.items():
        own = {key: one for key, one in action.model_fields.items() if key != "kind"}
        settings = ", ".join(
            _field(key.removesuffix("_body"), one.get_default(call_default_factory=True))
            for key, one in own.items()
        )
        if action.is_fault:
            yield name, "http", settings, action.explanation()


def _field(name: str, default: object) -> str:
    if default in (dataclasses.MISSING, PydanticUndefined):
        return name
    return (
        name if default in (None, {}, ()) or isinstance(default, tuple) else f"{name} ({default})"
    )
