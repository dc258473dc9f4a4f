"""Addresses in the form that a service wants: a URL, one with a path, or host and port apart."""

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

_PLACE = re.compile(r"\{([a-z0-9][a-z0-9-]*)(?:\.(url|host|port))?\}")
_PARTS = ("url", "host", "port")
FORM_OF_SERVICES = (
    r"^(?:[a-z0-9][a-z0-9-]*|[^{}]*\{[a-z0-9][a-z0-9-]*(?:\.(?:url|host|port))?\}.*)$"
)
"""A service's name, or a text with {NAME}, {NAME.url}, {NAME.host} or {NAME.port} in it."""
FORM_OF_PROVIDER = r"\{(?:url|host|port)\}"


def provider_address(form: str, url: str) -> str:
    """Return a text with the provider's {url}, {host} and {port} filled in."""
    for part in _PARTS:
        form = form.replace(f"{{{part}}}", _part(url, part))
    return form


def named_services(form: str) -> tuple[str, ...]:
    """Return the services that a variable of `addresses` names."""
    return tuple(dict.fromkeys(found[1] for found in _PLACE.finditer(form))) or (form,)


def service_address(form: str, urls: Mapping[str, str]) -> str:
    """Return a variable's value: the URL of the service that it names, or its text filled in."""
    if "{" not in form:
        return urls[form]
    return _PLACE.sub(lambda found: _part(urls[found[1]], found[2] or "url"), form)


def _part(url: str, part: str) -> str:
    parts = urlsplit(url)
    found = {"url": url, "host": parts.hostname, "port": parts.port}
    return str(found[part])
