"""A provider that drifted, as faults of HTTP: every change of an answer that a pact refuses.

The kill matrix's mutants, made on the provider's real answers, so that who asked for which entity
still shows.
"""

import json
from collections.abc import Iterator
from typing import Any

from seatrial.pacts.bodies import content_type_of, is_json, pointer
from seatrial.pacts.interactions import Interaction
from seatrial.pacts.kinds import kind_of
from seatrial.pacts.strength.mutants import Mutant, Place, mutants
from seatrial.tap import AnotherSchema, JsonChange


def drifts(interaction: Interaction) -> Iterator[tuple[str, AnotherSchema]]:
    """Yield each change, such as "drop $.role", and the fault that changes it.

    Only what the interaction's own matchers refuse is a fault: whatever they accept, the provider
    may answer. Nothing for a message, or an answer that isn't JSON.
    """
    kind = kind_of(interaction)
    answer = kind.example(interaction)
    if not kind.asks_over_http or not answer.body:
        return
    if not is_json(
        answer.content_type or content_type_of(interaction.document["response"]["body"])
    ):
        return
    refusal = kind.judge(interaction)
    # An example that a generator fills in may be refused as it stands: that is no change's doing.
    anyway = (None, refusal(answer))
    for mutant in mutants(answer):
        if mutant.path is None or refusal(mutant.answer) in anyway:
            continue
        yield mutant.name, AnotherSchema(changes=_changes(mutant))


def _changes(mutant: Mutant[Any]) -> tuple[JsonChange, ...]:
    path = mutant.path or ()
    document = json.loads(mutant.answer.body)
    if mutant.name.startswith("wrap "):
        return (JsonChange(op="wrap"),)
    if mutant.name.startswith("rename "):
        return (JsonChange(op="rename", at=pointer(path)),)
    try:
        value = _at(document, path)
    except (KeyError, IndexError):
        return (JsonChange(op="remove", at=pointer(path)),)
    if mutant.name.startswith("drop "):  # of a list: the next item has taken its place
        return (JsonChange(op="remove", at=pointer(path)),)
    return (JsonChange(op="replace", at=pointer(path), value=value),)


def _at(document: Any, path: Place) -> Any:
    for key in path:
        document = document[key]
    return document
