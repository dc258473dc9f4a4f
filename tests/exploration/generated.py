"""Toy systems that Hypothesis makes: retries, fallbacks, breakers, caches, state, and mistakes.

A service calls only those after it, so that calls end; several may call the same one.
"""

from dataclasses import dataclass
from functools import partial

from hypothesis import strategies as st

from tests.exploration.toys import FAILED, Caller, Handler, System, World

KINDS = ("slow-under", "status-503", "answer-lost", "slow-over")


@dataclass(frozen=True)
class Step:
    """A request of a service, and what becomes of its failure."""

    to: str
    method: str
    attempts: int
    otherwise: str
    """`fail`, `ignore`, `stale`, or the name of a service that is asked instead."""
    breaker: int
    """Failures in a run after which nobody is asked any more; 0: there is none."""

    def run(self, caller: Caller) -> str:
        """Return the answer, or what is said in its place."""
        failures, kept = f"failures of {self.to}", f"asked {self.to}"
        answer = "503"
        for _ in range(self.attempts):
            if self.breaker and caller.state[failures] >= self.breaker:
                break
            answer = caller.send(self.method, self.to)
            caller.state[failures] += answer in FAILED
            if answer not in FAILED:
                caller.state[kept] = 1
                return answer
        if self.otherwise == "stale" and caller.state[kept]:
            return "stale"
        if self.otherwise in {"fail", "stale"}:
            return answer
        return "-" if self.otherwise == "ignore" else caller.send("GET", self.otherwise)


@dataclass(frozen=True)
class Service:
    """What a service does for each request."""

    name: str
    steps: tuple[Step, ...]
    wrong: frozenset[tuple[int, str]]
    """Where all of these steps are answered so, it answers nonsense."""
    fails_with: str

    def handle(self, caller: Caller, operation: str) -> str:
        """Answer a request."""
        if operation.startswith("POST"):
            caller.state["effects"] += 1
        answers = list[str]()
        for step in self.steps:
            answers.append(step.run(caller))
            if answers[-1] in FAILED:
                break
        if self.wrong and all(
            number < len(answers) and answers[number] == answer for number, answer in self.wrong
        ):
            return "nonsense"
        return (
            self.fails_with
            if answers and answers[-1] in FAILED
            else ",".join([self.name, *answers])
        )


def _no_nonsense(_world: World, answers: list[str]) -> bool:
    return not any("nonsense" in answer for answer in answers)


def _in_time(bound_s: float, world: World, _answers: list[str]) -> bool:
    return world.seconds <= bound_s


def _few_effects(service: str, most: int, world: World, _answers: list[str]) -> bool:
    return world.state[service]["effects"] <= most if service in world.state else True


def _balanced(one: str, other: str, world: World, _answers: list[str]) -> bool:
    """Compare the states of two services."""
    effects = [world.state[each]["effects"] if each in world.state else 0 for each in (one, other)]
    return abs(effects[0] - effects[1]) <= 1


def _acknowledged(service: str, world: World, answers: list[str]) -> bool:
    """Compare a service's state with what the journey was answered."""
    done = world.state[service]["effects"] if service in world.state else 0
    return done <= 1 or all(answer in FAILED for answer in answers) or len(answers) > 1


@st.composite
def services(draw: st.DrawFn, names: tuple[str, ...]) -> Service:
    """Return the first of some services, which may call the others."""
    name, others = names[0], names[1:]
    steps: tuple[Step, ...] = ()
    if others:
        step = st.builds(
            Step,
            st.sampled_from(others),
            st.sampled_from(("GET", "GET", "POST")),
            st.integers(1, 2),
            st.sampled_from(("fail", "fail", "ignore", "stale", *others)),
            st.sampled_from((0, 0, 1, 2)),
        )
        steps = tuple(draw(st.lists(step, min_size=1, max_size=2)))
    answers = st.sampled_from(("503", "refused", "timeout", "stale", "-"))
    wrong = draw(st.frozensets(st.tuples(st.integers(0, 1), answers), max_size=2))
    return Service(name, steps, wrong if draw(st.booleans()) else frozenset(), draw(_FAILURES))


_FAILURES = st.sampled_from(("503", "500"))


@st.composite
def systems(draw: st.DrawFn) -> System:
    """Return a system of a few services, with promises that some of its runs may break."""
    names = tuple("abcd"[: draw(st.integers(2, 4))])
    made = [draw(services(names[index:])) for index in range(len(names))]
    requests = draw(
        st.lists(
            st.tuples(st.sampled_from(("GET", "POST")), st.sampled_from(names[:2])),
            min_size=1,
            max_size=2,
        )
    )
    one, other = draw(st.sampled_from(names)), draw(st.sampled_from(names))
    handlers: dict[str, Handler] = {each.name: each.handle for each in made}
    return System(
        "generated",
        handlers,
        lambda journey: [journey.send(method, to) for method, to in requests],
        {
            "no nonsense": _no_nonsense,
            "in time": partial(_in_time, draw(st.sampled_from((1.5, 2.5)))),
            "few effects": partial(_few_effects, one, draw(st.integers(1, 3))),
            "balanced": partial(_balanced, one, other),
            "acknowledged": partial(_acknowledged, other),
        },
        KINDS,
    )
