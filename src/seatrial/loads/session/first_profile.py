"""A first load profile for an edge: a file that runs as it stands, to be changed by its reader."""

import re
from pathlib import Path
from typing import Any

from seatrial.config import Edge
from seatrial.errors import UsageError

_PROFILE = '''\
"""Load on {consumer}, which calls {provider}: a beginning, written by `seatrial init --load`.

    seatrial load run {command}
"""

from seatrial.loads import Limits, LoadPlan, OpenLoopUser, Outcome, Phase, Profile, Task, given_keys


class {user}(OpenLoopUser):
    """Sends the request that the edge {edge} declares, for one entity after the other."""

    profile = Profile(
        title="{consumer} at an everyday rate",
        edge="{edge}",
        phases=(Phase("steady", 8, 50),),  # CHECK: seconds, and arrivals a second
        limits=Limits(error_ratio_max=0.01, goodput_min=0.95, deadline_s={deadline_s:g}),
    )

    @classmethod
    def keys(cls, plan: LoadPlan) -> tuple[str, ...]:
        """Return the ids that `seatrial load run` makes, or those of the file SEATRIAL_LOAD_IDS."""
        return given_keys() or ()

    def call(self, task: Task) -> Outcome:
        """Ask for one of them."""
        with self.client.request(
            {method!r},
            {path},
            name={name!r},{more}
            catch_response=True,
        ) as answer:
            if answer.status_code not in {good!r}:
                answer.failure(f"http-{{answer.status_code}}")
                return Outcome(f"http-{{answer.status_code}}", ok=False)
            return Outcome("answered", ok=True)
'''


def first_profile(name: str, edge: Edge) -> str:
    """Return the text of a profile for an edge, by its declared request and good answer."""
    trigger = edge.trigger
    query = "&".join(f"{key}={value}" for key, value in trigger.query.items())
    path = f"{trigger.path}?{query}" if query else trigger.path
    more = ""
    if trigger.body:
        more += f"\n            json={_source(trigger.body)},"
    if trigger.headers:
        more += f"\n            headers={_source(trigger.headers)},"
    retry = edge.policy.retry
    return _PROFILE.format(
        consumer=edge.consumer,
        provider=edge.provider,
        command=_word(name).replace("_", "-"),
        user="".join(part.capitalize() for part in _word(name).split("_")),
        edge=name,
        deadline_s=(retry.deadline_s if retry else None) or 1.0,
        method=trigger.method,
        path=_source(path),
        name=path,
        more=more,
        good=set(edge.good.status),
    )


def write_first_profiles(folder: Path, edges: dict[str, Edge]) -> list[Path]:
    """Write a profile for each edge, and return the files; one that is there already is kept.

    Raises:
        UsageError: a file can't be written.
    """
    written = []
    try:
        folder.mkdir(exist_ok=True)
        for name, edge in edges.items():
            path = folder / f"{_word(name)}.py"
            if not path.exists():
                path.write_text(first_profile(name, edge), encoding="utf-8")
                written.append(path)
    except OSError as error:
        raise UsageError(f"{folder}: can't be written: {error.strerror}") from None
    return written


def _word(name: str) -> str:
    return re.sub(r"\W", "_", name)


def _source(value: Any) -> str:
    """Return a value as Python; {id} and {n} in its texts become the arrival's."""
    if isinstance(value, dict):
        inside = ", ".join(f"{key!r}: {_source(inner)}" for key, inner in value.items())
        return f"{{{inside}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(_source, value))}]"
    if isinstance(value, str) and ("{id}" in value or "{n}" in value):
        kept = repr(value).replace("{", "{{").replace("}", "}}")
        return "f" + kept.replace("{{id}}", "{task.key}").replace("{{n}}", "{task.number}")
    return repr(value)
