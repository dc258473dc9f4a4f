"""One result model for every command: what was checked, with which evidence, and how to repeat it.

Written as camelCase JSON; `schema/result.schema.json` in this package is its committed JSON Schema.
"""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from seatrial.errors import UsageError
from seatrial.files import write_whole

VERSION: Literal[1] = 1


class Verdict(StrEnum):
    """The outcome of one check. Neither undecided nor skipped is ever reported as passed."""

    PASSED = "passed"
    FAILED = "failed"
    UNDECIDED = "undecided"
    """The wire can't show it, or what it depends on failed already."""
    SKIPPED = "skipped"
    """Not declared, or not asked for."""


class RunVerdict(StrEnum):
    """The outcome of a whole run, and so its exit code."""

    PASSED = "passed"
    FAILED = "failed"
    INVALID = "invalid"

    @property
    def exit_code(self) -> int:
        """0 passed, 1 failed, 4 invalid."""
        return {RunVerdict.PASSED: 0, RunVerdict.FAILED: 1, RunVerdict.INVALID: 4}[self]


class Model(BaseModel):
    """A frozen value, camelCase on the wire."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        alias_generator=to_camel,
        populate_by_name=True,
        use_attribute_docstrings=True,
    )


class Span(Model):
    """Something that took time on a timeline; seconds since the scenario's start."""

    lane: str
    """Who: "calls", "wire", "faults", "declared"."""
    label: str
    start_s: float
    end_s: float
    outcome: str = ""
    """"good", "degraded", "failed", a status such as "503", or "" for a fault."""
    meaning: Literal["", "good", "degraded", "missing", "refused", "failed"] = ""
    """How to take the outcome; "" leaves it to the outcome's own words."""


class Timeline(Model):
    """Calls, requests and faults on one clock."""

    kind: Literal["timeline"] = "timeline"
    title: str = ""
    spans: tuple[Span, ...]


class Curve(Model):
    """One line of a picture."""

    name: str
    points: tuple[tuple[float, float], ...]
    drawn: Literal["line", "bars"] = "line"
    """Bars for counts: each point is the middle of one, and all are as wide."""


class Band(Model):
    """A stretch of a picture's horizontal axis that has a name."""

    label: str
    from_x: float
    to_x: float
    lane: Literal["faults", "phases"] = "faults"


class Plot(Model):
    """Curves over two axes; an axis's title carries its unit."""

    kind: Literal["plot"] = "plot"
    title: str
    x_title: str
    y_title: str
    x_log: bool = False
    y_log: bool = False
    curves: tuple[Curve, ...]
    bands: tuple[Band, ...] = ()


class Facts(Model):
    """Named values; a name carries its unit."""

    kind: Literal["facts"] = "facts"
    values: dict[str, str | int | float | bool | None]


class Samples(Model):
    """Figures of the repeats of one run, in their order, for a comparison with another's."""

    kind: Literal["samples"] = "samples"
    subject: str
    what: str
    """Two samples can be compared when this is the same: the profile with its size and seed."""
    started: tuple[datetime, ...]
    figures: dict[str, tuple[float, ...]]


class Text(Model):
    """Text as it was seen (a log's tail, a verifier's output)."""

    kind: Literal["text"] = "text"
    title: str
    text: str


class Comparison(Model):
    """The verdicts of another subject (a negative control) under the same checks."""

    kind: Literal["comparison"] = "comparison"
    subject: str
    verdicts: dict[str, Verdict]
    explanations: dict[str, str]


class UpstreamRequest(Model):
    """A request that reached the provider's side of the wire because of a call."""

    at_s: float
    """Seconds since the call began."""
    method: str
    path: str
    status: int | None
    """None when it got no answer."""
    answered_after_s: float | None
    fault: str = ""
    """The fault that answered, or failed to answer, in the provider's place."""


class HttpExchange(Model):
    """A call and its answer; what is secret in them is left out."""

    kind: Literal["exchange"] = "exchange"
    title: str
    at_s: float
    """Seconds since the scenario's start."""
    method: str
    url: str
    headers: dict[str, str] = {}
    """A value that comes from the environment is written as in the configuration: {env.NAME}."""
    body: str = ""
    status: int | None
    """None when there was no answer."""
    took_s: float
    answer_headers: dict[str, str] = {}
    answer: str = ""
    """The body's beginning, or why there was no answer."""
    upstream: tuple[UpstreamRequest, ...] = ()


Evidence = Annotated[
    Timeline | Plot | Facts | Samples | Text | Comparison | HttpExchange,
    Field(discriminator="kind"),
]
Declared = str | int | float | bool | None | tuple[str | int | float, ...]


class Check(Model):
    """One promise, judged."""

    id: str
    """Dotted, beginning with its pillar: "contract.…", "chaos.…", "load.…", "control.…"."""
    subject: str
    """An interaction, or "marketplace-service → user-service · provider_down"."""
    verdict: Verdict
    explanation: str
    evidence: tuple[Evidence, ...] = ()
    rerun: str
    """The command that repeats this check."""
    promise: str = ""
    """What is promised, in a sentence that holds for every subject."""
    declared: dict[str, Declared] = {}
    """What is declared of it, by its path in seatrial.toml."""


class InferredParameter(Model):
    """A parameter of a consumer's policy, as `seatrial infer` found it. Times are seconds."""

    value: bool | int | float | str | tuple[int, ...] | None
    low: float | None
    high: float | None
    """The interval that a number lies in; None: open on that side."""
    certainty: Literal["measured", "bounded", "undecided", "absent"]
    observations: int
    why: str


class FailureBehaviour(Model):
    """A consumer's answer to one kind of failure of its provider."""

    attempts: int | None
    counted: bool | None
    """True if the breaker counts it."""
    cached: bool | None
    answer: str
    after_s: float | None


class ReviewFinding(Model):
    """A reviewer's objections."""

    id: str
    severity: Literal["high", "medium", "low"]
    text: str
    evidence: str
    fix: str
    edge: str


class Environment(Model):
    """The place of a run, and how it was called."""

    command_line: str
    config: str
    """The configuration file."""
    versions: dict[str, str]
    """Of Seatrial, Python and the packages that matter to a run."""
    platform: str
    cpus: int
    load_average: tuple[float, float] | None
    """Processes that ran or waited, a minute's mean: as the run began and ended."""


class CheckChange(Model):
    """A check whose verdict isn't what it was."""

    kind: Literal["new failure", "newly undecided", "no longer tested", "fixed", "new"]
    id: str
    subject: str
    before: Verdict | None
    """None where it is new."""
    after: Verdict | None
    """None where it is gone."""
    explanation: str
    rerun: str


class FigureChange(Model):
    """A time that is longer than it was."""

    subject: str
    figure: str
    before: float
    after: float
    chance: float | None = None
    """Of such a difference where nothing changed; None: measured once, so that nobody knows."""


class Changes(Model):
    """A result next to an earlier one."""

    command: str
    """The earlier one's."""
    started: datetime
    checks: tuple[CheckChange, ...]
    still_failed: int
    slower: tuple[FigureChange, ...]

    @property
    def worse(self) -> bool:
        """Whether anything is worse, slower times that may be chance left aside."""
        return any(one.kind not in ("fixed", "new") for one in self.checks) or any(
            one.chance is not None for one in self.slower
        )


class ExploredPoint(Model):
    """A request of a journey, named by its content and never by its time."""

    edge: str
    operation: str
    """Method and route template."""
    about: str = ""
    """What it is about, where that tells it apart."""
    ordinal: int = 1
    """Its place among the run's requests that are the same otherwise."""


class ExploredFault(Model):
    """What happens at a point."""

    point: ExploredPoint
    fault: str
    """Its kind: "status-503", "reset", "kill-before"; from contracts "pact:404 get a user",
    "openapi:409", "drift:drop $.id"."""
    also: tuple[str, ...] = ()
    """Harsher kinds that break the same."""


class Replay(Model):
    """A case on a real Toxiproxy."""

    engine: str
    faithful: bool
    """Each of its faults is one that Toxiproxy makes itself."""
    reproduced: bool
    by_tap: tuple[str, ...] = ()
    """Kinds of its faults that Toxiproxy can't make: the tap behind it did, or that of a store."""


class ExploredCase(Model):
    """A set of faults that breaks a promise."""

    journey: str
    faults: tuple[ExploredFault, ...]
    broke: tuple[str, ...]
    """The invariants."""
    shows: tuple[str, ...] = ()
    """Where they broke and in what words of an assertion, without values: what is the same in each
    run, and sets the case apart from others at the same points."""
    explanation: str
    runs_to_find: int
    minimal: bool
    """No smaller set of them breaks one."""
    file: str | None = None
    """Where it is kept, to be run again."""
    replayed: Replay | None = None


class ExploredSets(Model):
    """What became of sets of faults."""

    sets: int
    """All that are known so far: a run under faults may show further points."""
    run: int
    broke: int = 0
    """Of those that were run: each broke a promise."""
    reduced: int
    """Not run, since runs showed all that theirs would."""
    contained: int
    """Not run, since they contain a case."""
    unreached: int
    """Run, or known, not to reach all of their points."""
    undecided: int
    left: int
    """Not run, since the time was over."""


class ExploredLevel(ExploredSets):
    """What became of the sets of one size."""

    size: int
    looked_at_all: bool
    """Every set of this size was looked at, of a shard those that it has."""


class ExploredShard(Model):
    """Whose share of the largest sets a result covers."""

    number: int
    of: int


BY_CONTRACT = ("pact:", "openapi:", "drift:")
"""How the kinds of faults begin that a contract brings."""


class FaultFound(Model):
    """The best that is known about a fault at a point."""

    outcome: Literal["run", "reduced", "contained", "unreached", "undecided", "left"]
    runs: tuple[int, ...] = ()
    """The run that had it, or those that showed all that it would do."""
    led_to: Literal["hidden", "degraded", "failed", "broke"] | None = None
    """What the journey saw of it where it was the only one."""


class PointFound(Model):
    """What is known about each kind of fault at a point, the mildest first."""

    point: ExploredPoint
    faults: dict[str, FaultFound]


class ExploredCall(Model):
    """A request that a journey makes without faults."""

    consumer: str
    provider: str
    point: ExploredPoint
    parent: int | None
    """Index of the request during which its consumer sent it; None: the journey did."""


class ExploredCoverage(ExploredSets):
    """What became of the sets of faults of a journey, up to a size."""

    points: int
    exhausted_to: int | None
    """The number of faults up to which no set is left or undecided; None: not even without any."""
    faults: int = 0
    """How many faults a set has at most."""
    levels: tuple[ExploredLevel, ...] = ()
    more_left: bool = False
    """More sets are left than were counted."""
    random_runs: int = 0
    """Runs of larger sets, drawn at random."""
    unclear: tuple[str, ...] = ()
    """Services that did something else after the same history: nothing is reduced there."""
    shard: ExploredShard | None = None
    at: tuple[PointFound, ...] = ()
    calls: tuple[ExploredCall, ...] = ()
    """The journey without faults."""


class Result(Model):
    """The result of a command."""

    version: Literal[1] = VERSION
    command: str
    verdict: RunVerdict
    engine: str | None = None
    """The fault engine's name and version, where one ran."""
    seed: int
    started: datetime
    duration_s: float
    checks: tuple[Check, ...]
    figures: dict[str, float] = {}
    """Name → number, the unit in the name."""
    inferred: dict[str, dict[str, InferredParameter]] = {}
    """Edge → parameter, by its path in the edge's policy."""
    policies: dict[str, str] = {}
    """Edge → its policy as `seatrial infer` found it, in the TOML of seatrial.toml."""
    behaviour: dict[str, dict[str, FailureBehaviour]] = {}
    """Edge → failure kind."""
    findings: tuple[ReviewFinding, ...] = ()
    cases: tuple[ExploredCase, ...] = ()
    """Found by `seatrial explore`."""
    coverage: dict[str, ExploredCoverage] = {}
    """Journey → what was explored."""
    pictures: dict[str, tuple[Timeline | Plot, ...]] = {}
    """Edge → what `seatrial infer` measured, drawn."""
    environment: Environment | None = None
    changes: Changes | None = None
    """Next to an earlier result, where `seatrial report --against` was asked for."""
    notes: tuple[str, ...] = ()
    """Needed by a reader to believe the result: why it is invalid, what was left out."""

    @classmethod
    def read(cls, path: Path) -> "Result":
        """Read the JSON that `write` wrote.

        Raises:
            UsageError: there is no such file, or it isn't a result.
        """
        try:
            return cls.model_validate_json(path.read_bytes())
        except OSError as error:
            raise UsageError(f"{path}: can't be read: {error.strerror}") from None
        except ValidationError as error:
            said = error.errors()[0]
            where = ".".join(map(str, said["loc"]))
            raise UsageError(
                f"{path}: isn't a result that --json wrote: {where}: {said['msg']}"
            ) from None

    def write(self, path: Path) -> None:
        """Write the JSON, all of it or nothing.

        Raises:
            OSError: it can't be written; nothing is left behind.
        """
        write_whole(path, self.model_dump_json(by_alias=True, indent=2) + "\n")


def judge(checks: Iterable[Check]) -> RunVerdict:
    """A run passes when something did and nothing failed; one that decided nothing is invalid."""
    verdicts = {check.verdict for check in checks}
    if Verdict.FAILED in verdicts:
        return RunVerdict.FAILED
    return RunVerdict.PASSED if Verdict.PASSED in verdicts else RunVerdict.INVALID
