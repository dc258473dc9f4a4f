"""Faults and scenarios during a load run, in words: NAME@AT+FOR,OPTION=VALUE,on=WHAT."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seatrial.cli.setting import known
from seatrial.errors import UsageError

if TYPE_CHECKING:
    from seatrial.loads import FaultAt
    from seatrial.loads.session import ScenarioAt

_FAULT = re.compile(r"([a-z_-]+)@(\d+(?:\.\d+)?)\+(\d+(?:\.\d+)?)((?:,\w+=[^,]+)*)")
_SCENARIO = re.compile(r"(\w+)@(\d+(?:\.\d+)?)")


def read_faults(words: list[str]) -> "tuple[FaultAt, ...]":
    """Faults such as `down@2+3` or `killed@2+1,on=consumer`; times are seconds.

    Raises:
        UsageError: a word isn't of that form, or there is no such fault.
    """
    from seatrial.loads import FaultAt
    from seatrial.loads.session import read_fault

    found = []
    for word in words:
        parts = _FAULT.fullmatch(word)
        if parts is None:
            raise UsageError(
                f"--fault {word}: say NAME@AT+FOR with seconds, such as down@2+3 or "
                "latency@2+3,delay_s=0.5"
            )
        name, at_s, for_s, rest = parts.groups()
        pairs = dict(pair.split("=", 1) for pair in rest.split(",") if pair)
        on = pairs.pop("on", "provider")
        options = {key: _value(text) for key, text in pairs.items()}
        fault = FaultAt(name, float(at_s), float(for_s), options, on)
        read_fault(fault)
        found.append(fault)
    return tuple(found)


def read_scenarios(words: list[str], project: Path) -> "tuple[ScenarioAt, ...]":
    """Chaos scenarios such as `provider_back@2`, to run from that second on.

    Raises:
        UsageError: a word isn't of that form, or there is no such scenario.
    """
    from seatrial.loads.session import ScenarioAt
    from seatrial.scenarios import usable_scenarios

    scenarios = usable_scenarios(project) if words else {}
    found = []
    for word in words:
        parts = _SCENARIO.fullmatch(word)
        if parts is None:
            raise UsageError(f"--scenario {word}: say NAME@AT, such as provider_back@2")
        name = known("scenario", parts[1], scenarios)
        found.append(ScenarioAt(scenarios[name], float(parts[2])))
    return tuple(found)


def _value(text: str) -> Any:
    for read in (int, float):
        try:
            return read(text)
        except ValueError:
            continue
    return text
