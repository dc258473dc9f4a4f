"""Load profiles as a configuration has them run."""

import shlex
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from seatrial.config import Config
from seatrial.config import LoadProfile as Changes
from seatrial.errors import UsageError
from seatrial.loads.limits import check_extra
from seatrial.loads.profile import Profile
from seatrial.loads.session.catalogue import profile_files, read_profiles


@dataclass(frozen=True)
class LoadJob:
    """A profile as it shall run."""

    name: str
    file: Path
    profile: Profile
    any_host: bool = False
    """True if its target need not be this machine."""
    options: tuple[str, ...] = ()
    """The command's options that made it what it is, such as `--rate 20`."""

    @property
    def rerun(self) -> str:
        """The command that runs it again."""
        return shlex.join(["seatrial", "load", "run", self.name, *self.options])

    @property
    def edge(self) -> str | None:
        """The edge whose consumer it loads; None where it has a target of its own."""
        return self.profile.edge


def load_names(folder: Path) -> tuple[str, ...]:
    """Return the names that a profile may have: those of the folder's files.

    Raises:
        UsageError: there is no such folder.
    """
    return tuple(profile_files(folder))


def load_jobs(
    config: Config, folder: Path, names: Iterable[str] | None = None
) -> dict[str, LoadJob]:
    """Return profiles with the configuration's changes on top, by name.

    Args:
        config: its `load` tables are on top of the profiles, and name their edge where they don't.
        folder: where the profiles are.
        names: which; by default all of the folder.

    Raises:
        UsageError: a file can't be imported, or holds no profile though it was named; a profile's
            edge or limit isn't there.
    """
    files = profile_files(folder)
    chosen = list(files) if names is None else list(names)
    for name in chosen:
        if name not in files:
            raise UsageError(
                f"load.{name}: there is no profile {folder / name.replace('-', '_')}.py"
            )
    found = read_profiles(files[name] for name in chosen)
    for name in chosen if names is not None else ():
        if name not in found:
            raise UsageError(f"{files[name]}: there is no open-loop user with a profile in it")
    jobs = {}
    for name, profile in found.items():
        changed = profile.changed(config.load.get(name, Changes()))
        check_extra(changed.limits, *changed.phase_limits.values())
        if changed.target is None:
            changed = replace(changed, edge=_edge(config, name, changed))
        jobs[name] = LoadJob(name, files[name], changed)
    return jobs


def _edge(config: Config, name: str, profile: Profile) -> str:
    if profile.edge is None and len(config.edges) == 1:
        return next(iter(config.edges))
    if profile.edge is None or profile.edge not in config.edges:
        known = ", ".join(config.edges) or "none"
        raise UsageError(
            f"load.{name}.edge: there is no edge {profile.edge or 'named'!r}; there is: {known}"
        )
    return profile.edge
