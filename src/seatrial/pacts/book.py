"""One pact of many cases: each exercised once, merged once, in an order of its own."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from seatrial.errors import UsageError
from seatrial.pacts.cases import AnyCase
from seatrial.pacts.exercising import exercise
from seatrial.pacts.failures import ContractBroken
from seatrial.pacts.files import refuse_duplicates
from seatrial.pacts.interactions import Interaction, pact_document


class Book:
    """Exercises each case once, however many tests ask for it, and keeps how it went."""

    def __init__(self) -> None:
        # By identity: two cases of one name must not share an outcome.
        self._played: dict[int, tuple[AnyCase, Interaction | ContractBroken]] = {}

    def exercise(self, case: AnyCase) -> Interaction:
        """Exercise a case, or repeat how it went.

        Raises:
            ContractBroken: it failed.
        """
        outcome = self._outcome(case)
        if isinstance(outcome, ContractBroken):
            raise outcome
        return outcome

    def pact(self, cases: Iterable[AnyCase]) -> dict[str, Any]:
        """One pact of all the cases of a pair, the same whatever the order they were exercised in.

        Raises:
            ContractBroken: a case failed, so that there is nothing to write.
            UsageError: two cases have one description and states, or there is none.
        """
        interactions = []
        for case in cases:
            outcome = self._outcome(case)
            if isinstance(outcome, ContractBroken):
                raise ContractBroken(f"there is no pact to compare: {case.subject!r} failed itself")
            interactions.append(outcome)
        return merge(interactions)

    def _outcome(self, case: AnyCase) -> Interaction | ContractBroken:
        if id(case) not in self._played:
            try:
                self._played[id(case)] = (case, exercise(case))
            except ContractBroken as failure:
                self._played[id(case)] = (case, failure)
        return self._played[id(case)][1]


def merge(interactions: Iterable[Interaction]) -> dict[str, Any]:
    """Merge interactions of one consumer and provider into one pact, in the order of their names.

    Raises:
        UsageError: there is none, two have one description and states, or the parties differ.
    """
    ordered = sorted(interactions, key=lambda interaction: interaction.id)
    parties = {(interaction.consumer, interaction.provider) for interaction in ordered}
    if len(parties) != 1:
        raise UsageError(
            f"a pact is between two parties, and these interactions are of {len(parties)} pairs; "
            "merge those of each pair on their own"
        )
    ((consumer, provider),) = parties
    refuse_duplicates(ordered, f"{consumer} → {provider}")
    return pact_document(consumer, provider, [interaction.document for interaction in ordered])


def as_text(document: Mapping[str, Any]) -> str:
    """A pact as it is committed: sorted, indented, ending with a newline."""
    return json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
