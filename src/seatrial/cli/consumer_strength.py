"""`seatrial contracts --consumer EDGE`: how strong a pact is, judged by the consumer that runs."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from seatrial.cli.output import Outputs, Steps, finish, table
from seatrial.cli.setting import EngineChoice, Setting, known, require
from seatrial.errors import InvalidRun, UsageError

if TYPE_CHECKING:
    from seatrial.pacts import PactFile
    from seatrial.recording import Measured, Tally
    from seatrial.results import Check

_COUNTS = ("mutants", "killed", "survived", "waived", "over_specified", "equivalent", "followed")


def measured_by(
    where: Setting,
    edges: Sequence[str],
    pact: Path | None,
    engine: EngineChoice,
    outputs: Outputs,
    *,
    quiet: bool,
) -> int:
    """Measure the pacts of some edges, and show what came of it; return the exit code.

    Raises:
        UsageError: an edge isn't there, or has no pact.
    """
    require("chaos", "pact", *where.servers)
    names = [known("edge", name, where.config.edges) for name in edges]
    pacts = {name: pact_of(where, name, pact) for name in names}

    from seatrial.pacts import read_waivers
    from seatrial.recording import Tally, measure
    from seatrial.system import Session, run_async

    waivers = read_waivers(where.folder / "contracts" / "waivers.toml")
    tally = Tally()
    checks: list[Check] = []
    invalid: list[str] = []
    rows: list[tuple[str, ...]] = []
    steps = Steps(quiet=quiet)
    with Session() as session:
        from seatrial.faults import open_engine
        from seatrial.system import Launcher
        from seatrial.testbed import WireTestbed

        with open_engine(session, engine.value) as opened:
            launcher = Launcher(session, where.config, where.folder)
            for name, file in pacts.items():
                with steps.step(f"starting {name}"):
                    testbed = WireTestbed(launcher, opened, name)
                try:
                    with steps.step(f"measuring {file.path.name} by {file.consumer}"):
                        found = run_async(measure(testbed, file, waivers, tally, seed=where.seed))
                except InvalidRun as error:
                    invalid.append(str(error))
                    continue
                checks += [check_of(one, f"seatrial contracts --consumer {name}") for one in found]
                rows += [_row(one) for one in found if one.case]
            engine_name = opened.name
    figures = _figures(checks, tally)
    result = where.result("contracts", checks, engine=engine_name, figures=figures, invalid=invalid)
    if rows and not quiet:
        titles = ("interaction", *_COUNTS, "same", "different", "degraded", "failed", "undeclared")
        table([title.replace("_", "-") for title in titles], rows)
    return finish(result, outputs, quiet=quiet)


def pact_of(where: Setting, name: str, given: Path | None = None) -> "PactFile":
    """Return the pact of an edge: one that is given, the edge's, or its provider's.

    Raises:
        UsageError: there is none, it can't be read, or is between two others.
    """
    from seatrial.pacts import PACT_FOLDERS, find_pact, read_pact

    edge = where.config.edges[name]
    provider = where.config.services[edge.provider]
    if given is None and edge.pact is None and provider.pact is not None:
        given = where.folder / provider.cwd / provider.pact
    given = given or find_pact(where.folder, edge.consumer, edge.provider, edge.pact)
    if given is None:
        raise UsageError(
            f"no pact of {edge.consumer} and {edge.provider} is in {', '.join(PACT_FOLDERS)} next "
            f"to {where.path}; name it with --pact FILE"
        )
    return read_pact(given)


def check_of(one: "Measured", rerun: str) -> "Check":
    """Return the strength of one interaction as a check."""
    from seatrial.pacts import ContractBroken
    from seatrial.results import Check, Facts, Text, Verdict

    subject = one.interaction.subject

    def check(verdict: Verdict, explanation: str, *evidence: Facts | Text) -> Check:
        return Check(
            id="contract.strength",
            subject=subject,
            verdict=verdict,
            explanation=explanation,
            evidence=evidence,
            rerun=rerun,
        )

    if one.skipped:
        return check(Verdict.SKIPPED, one.skipped)
    if one.case is None:
        return check(Verdict.FAILED, one.problem or "it wasn't measured")
    values = one.case.as_values()
    facts = {**values["facts"], **{seen.replace(" ", "_"): n for seen, n in one.seen.items()}}
    texts = dict(values["texts"])
    if one.undeclared:
        texts["undeclared: its caller got an answer that the edge doesn't declare"] = "\n".join(
            one.undeclared
        )
    said = [Text(title=t, text=x) for t, x in texts.items()]
    evidence: tuple[Facts | Text, ...] = (Facts(values=facts), *said)
    try:
        one.case.require_strong()
    except ContractBroken as broken:
        return check(Verdict.FAILED, broken.explanation, *evidence)
    if one.unreached:
        explanation = (
            f"{len(one.unreached)} mutants never reached the consumer, such as "
            f"`{one.unreached[0]}`: its breaker stayed open, or it refused the calls"
        )
        return check(Verdict.UNDECIDED, explanation, *evidence)
    return check(Verdict.PASSED, values["sentence"], *evidence)


def _row(one: "Measured") -> tuple[str, ...]:
    from seatrial.recording import SEEN

    assert one.case is not None
    facts = one.case.facts()
    shown = one.interaction.subject.partition(": ")[2]
    return (shown, *(str(facts[n]) for n in _COUNTS), *(str(one.seen[n]) for n in SEEN))


def _figures(checks: "Sequence[Check]", tally: "Tally") -> dict[str, float]:
    from seatrial.results import Facts

    values = [e.values for check in checks for e in check.evidence if isinstance(e, Facts)]
    names = ("mutants", "killed", "survived", "waived", "over_specified")
    sums = {name: float(sum(int(one[name] or 0) for one in values)) for name in names}
    minded = sums["killed"] + sums["survived"] + sums["waived"]
    return {
        **sums,
        "mutation_score": sums["killed"] / minded if minded else 1.0,
        "consumer_mutants_per_s": round(tally.per_s, 1),
    }
