"""The interaction kinds. All that differs between them is in one object a kind.

A new kind is a subclass of `Kind` in a module of its own and a row here; its cases, if consumers
shall write any, are a subclass of `seatrial.pacts.cases.AnyCase`.
"""

from seatrial.pacts.interactions import Interaction
from seatrial.pacts.kinds.http import HttpKind, header_lines
from seatrial.pacts.kinds.kind import Kind
from seatrial.pacts.kinds.message import MessageKind

__all__ = ["HTTP", "KINDS", "MESSAGE", "Kind", "header_lines", "kind_of"]

HTTP, MESSAGE = HttpKind(), MessageKind()
KINDS: dict[str, Kind] = {kind.type: kind for kind in (HTTP, MESSAGE)}
"""By their names in a pact."""


def kind_of(interaction: Interaction) -> Kind:
    """The kind of an interaction."""
    return KINDS[interaction.type]
