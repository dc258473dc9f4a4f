"""Values of the environment that must never reach a result: passwords, keys, tokens."""

import json
import os
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from seatrial.redaction import SECRET_NAME, without_forms

if TYPE_CHECKING:
    from seatrial.config import Config
    from seatrial.results import Result

_PLACES = {"PWD", "OLDPWD"}
"""The working directory, which isn't a password."""
_LEAST = 8
"""Shorter values are words that stand in a result for other reasons."""


def hidden(result: "Result", config: "Config | None") -> "Result":
    """The result with every secret value of the environment replaced by its variable's name.

    What has the form of a secret, such as a password in a URL, is taken out too.
    """
    from seatrial.results import Result

    text = before = result.model_dump_json(by_alias=True)
    for name, value in sorted(_secrets(config), key=lambda found: -len(found[1])):
        text = text.replace(json.dumps(value, ensure_ascii=False)[1:-1], f"[{name}]")
    text = without_forms(text)
    return result if text == before else Result.model_validate_json(text)


def _secrets(config: "Config | None") -> Iterator[tuple[str, str]]:
    """Variables and values: the process's own, and those that the configuration sets."""
    environments: list[Mapping[str, str]] = [os.environ]
    if config is not None:
        environments += [service.env for service in config.services.values()]
        controls = (one for edge in config.edges.values() for one in edge.controls.values())
        environments += [control.env for control in controls]
        for edge in config.edges.values():
            environments.append(edge.entity.headers)
            for header in (*edge.entity.headers.values(), *edge.trigger.headers.values()):
                yield from _in_environment(header)
    for environment in environments:
        for name, value in environment.items():
            if SECRET_NAME.search(name) and name not in _PLACES and len(value) >= _LEAST:
                yield name, value
            elif password := _password(value):
                yield name, password


def _in_environment(header: str) -> Iterator[tuple[str, str]]:
    """The variables that a header takes its value from: secret, whatever their names."""
    for name in re.findall(r"\{env\.(\w+)\}", header):
        if value := os.environ.get(name):
            yield name, value


def _password(value: str) -> str | None:
    """The password in a URL."""
    try:
        password = urlsplit(value).password if "://" in value else None
    except ValueError:
        return None
    return password if password and len(password) >= _LEAST else None
