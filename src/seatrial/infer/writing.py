"""The inferred policy written into `seatrial.toml`: what isn't declared yet, and nothing else."""

import tomllib
from collections.abc import Mapping
from typing import Any

import tomlkit
from pydantic import ValidationError
from tomlkit.items import AbstractTable

from seatrial.config import DeclaredPolicy
from seatrial.infer.experiment import Known
from seatrial.infer.policy import policy_toml


def with_policies(text: str, found: Mapping[str, Known]) -> tuple[str, list[str]]:
    """Add to a configuration's text what was inferred and isn't declared in it.

    Comments and order stay. A section that would not be valid with the addition is left alone.

    Args:
        text: of `seatrial.toml`.
        found: by edge.

    Returns:
        The new text, and the paths of the keys that were added.
    """
    document = tomlkit.parse(text)
    added: list[str] = []
    for edge, known in found.items():
        policy = _table(_table(_table(document, "edges"), edge), "policy")
        inferred = tomllib.loads(policy_toml(edge, known))["edges"][edge]["policy"]
        for section, values in inferred.items():
            new = _undeclared(policy.get(section), values)
            if new and _is_valid(policy, section, new):
                _add(policy, section, new)
                added += [f"edges.{edge}.policy.{section}.{key}" for key in new]
    return tomlkit.dumps(document), added


def _table(parent: Any, name: str) -> Any:
    if name not in parent:
        parent[name] = tomlkit.table()
    return parent[name]


def _undeclared(declared: Any, values: Any) -> dict[str, Any]:
    if not isinstance(values, dict):
        return {}
    known = declared if isinstance(declared, Mapping) else {}
    return {key: value for key, value in values.items() if key not in known}


def _is_valid(policy: Any, section: str, new: Mapping[str, Any]) -> bool:
    merged = policy.unwrap() if isinstance(policy, AbstractTable) else dict(policy)
    merged[section] = {**merged.get(section, {}), **new}
    try:
        DeclaredPolicy.model_validate(merged)
    except ValidationError:
        return False
    return True


def _add(policy: Any, section: str, new: Mapping[str, Any]) -> None:
    if section not in policy:
        policy[section] = tomlkit.table()
    for key, value in new.items():
        policy[section][key] = value
