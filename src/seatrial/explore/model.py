"""The vocabulary of an exploration: fault points, plans, and what a run under a plan showed."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, order=True, slots=True)
class Point:
    """A request that a run makes, named by its content and ordinal, never by its time.

    What isn't a request has a name of its own kind: `process:NAME`, `valkey:NAME`, `database:NAME`.
    """

    edge: str
    """Its name in seatrial.toml."""
    operation: str
    """Method and route template, such as `GET /users/{id}/profile`; of a store verb and key or
    table, such as `GET card:{id}` or `INSERT orders`."""
    about: str = ""
    """Its content, ids replaced by aliases, where that tells the requests of a fan-out apart."""
    ordinal: int = 1
    """Its place among the run's requests with the same edge, operation and content."""

    @property
    def is_request(self) -> bool:
        """Whether a service sends it to another, or the journey does."""
        return ":" not in self.edge

    def __str__(self) -> str:
        """Return the point in one line."""
        about = f" ({self.about})" if self.about else ""
        return f"{self.edge}: {self.operation}{about} #{self.ordinal}"


@dataclass(frozen=True, order=True, slots=True)
class Fault:
    """What happens at a point."""

    point: Point
    kind: str
    """Such as `status-503`, `reset`, `hang`, `answer-lost`, `kill-before`."""

    def __str__(self) -> str:
        """Return the fault in one line."""
        return f"{self.kind} at {self.point}"


_VALUE = re.compile(r"'[^']*'|\"[^\"]*\"|\[.*\]|\{.*\}|[\w.-]*\d[\w.-]*")

Plan = frozenset[Fault]
"""The faults of one run, at most one at each point."""

JOURNEY = "journey"
"""The consumer of the calls that the journey itself makes."""


@dataclass(frozen=True, slots=True)
class Call:
    """A request that a tap saw."""

    point: Point
    consumer: str
    provider: str
    parent: int | None
    """Index of the call during which the consumer sent it; None: the journey itself did."""
    request: str
    """Signature of what was asked: canonical content, ids aliased."""
    answer: str
    """Signature of what the consumer got, with a class of lateness where that is measured."""
    fault: str | None = None
    """The kind injected here."""
    recovery: bool = False
    """It was sent after the run, to see whether the journey goes as usual again."""


@dataclass(frozen=True, slots=True)
class Violation:
    """A broken promise."""

    invariant: str
    explanation: str
    where: str = ""
    """The edge, or the step of the journey, where it shows."""
    said: str = ""
    """What an assertion of the project says."""
    printed: str = field(default="", compare=False)
    """The error that a service printed then: where to look."""

    @property
    def in_full(self) -> str:
        """What broke, and the error that a service printed."""
        return f"{self.explanation}; {self.printed}" if self.printed else self.explanation

    @property
    def evidence(self) -> tuple[str, str]:
        """What followed, as it is the same in each run: no values, and no ids."""
        return self.invariant, _VALUE.sub("*", f"{self.where} {self.said}")


@dataclass(frozen=True, slots=True)
class Observation:
    """What one run of a journey under a plan showed."""

    journey: str
    plan: Plan
    injected: Plan
    """The faults that were reached: a subset of the plan."""
    calls: tuple[Call, ...] = ()
    """In the order they were sent, parents before children. With them those of the recovery that
    follows: what isn't in here can't be predicted, so a reduction says nothing about it."""
    answers: tuple[str, ...] = ()
    """Signatures of what the journey itself was answered, in order."""
    alternatives: Mapping[Point, tuple[str, ...]] = field(default_factory=dict)
    """The kinds of fault possible at each point, the mildest first."""
    broke: tuple[Violation, ...] = ()
    undecided: str | None = None
    """Why the run proves nothing; such a run never counts as covered."""
    inside: tuple[str, ...] = ()
    """Errors of services that the journey was kept from."""
    seconds: float = 0.0
    cpu_s: float = 0.0
    """Processor time in virtual time, where a run has a process of its own."""

    @property
    def cause(self) -> tuple[frozenset[Point], frozenset[tuple[str, str]]]:
        """Where its faults were and what broke then: runs that agree in these are one case."""
        return (
            frozenset(fault.point for fault in self.injected),
            frozenset(violation.evidence for violation in self.broke),
        )
