"""Contracts: cases that consumers write, the pacts that follow, and providers held to them.

One `Case` is an interaction, the client call that makes it, and what the consumer makes of the
answer. `pytest contracts` exercises the cases, compares the pacts with the committed ones, and
verifies each provider, one test an interaction (see `seatrial.pacts.items`).

pytest and pact-python are imported with the first name that needs them: `run_contracts` needs
neither, so that a missing extra is said in a sentence.
"""

from typing import TYPE_CHECKING

from seatrial.lazy import lazy

if TYPE_CHECKING:
    from seatrial.pacts.answers import HttpAnswer
    from seatrial.pacts.asgi import by_path
    from seatrial.pacts.cases import (
        AnyCase,
        Case,
        Given,
        MessageCase,
        Pair,
        Request,
        Response,
        given,
    )
    from seatrial.pacts.consumers import Reaction
    from seatrial.pacts.exercising import exercise
    from seatrial.pacts.failures import ContractBroken, StateFailed
    from seatrial.pacts.files import (
        PACT_FOLDERS,
        PactFile,
        find_pact,
        parse_pact,
        read_pact,
        read_pacts,
    )
    from seatrial.pacts.interactions import Interaction, pact_document
    from seatrial.pacts.kinds import kind_of
    from seatrial.pacts.matchers import match, nullable, text
    from seatrial.pacts.message import Message
    from seatrial.pacts.messages import MessageEndpoint, Messages
    from seatrial.pacts.openapi.document import Document, Operation, read_document
    from seatrial.pacts.operations import PactOperation, operations_of
    from seatrial.pacts.runs import run_contracts
    from seatrial.pacts.state_endpoint import StateEndpoint
    from seatrial.pacts.states import States
    from seatrial.pacts.strength.drift import drifts
    from seatrial.pacts.strength.matrix import Matrix, MutantStatus, MutationResult, same_operation
    from seatrial.pacts.strength.measurement import EXAMPLE, REAL, MeasuredCase
    from seatrial.pacts.strength.mutants import Mutant, Place, mutants
    from seatrial.pacts.strength.waivers import Waivers, read_waivers
    from seatrial.pacts.verification import Provider, verify_interaction

__all__ = [
    "EXAMPLE",
    "PACT_FOLDERS",
    "REAL",
    "AnyCase",
    "Case",
    "ContractBroken",
    "Document",
    "Given",
    "HttpAnswer",
    "Interaction",
    "Matrix",
    "MeasuredCase",
    "Message",
    "MessageCase",
    "MessageEndpoint",
    "Messages",
    "Mutant",
    "MutantStatus",
    "MutationResult",
    "Operation",
    "PactFile",
    "PactOperation",
    "Pair",
    "Place",
    "Provider",
    "Reaction",
    "Request",
    "Response",
    "StateEndpoint",
    "StateFailed",
    "States",
    "Waivers",
    "by_path",
    "drifts",
    "exercise",
    "find_pact",
    "given",
    "kind_of",
    "match",
    "mutants",
    "nullable",
    "operations_of",
    "pact_document",
    "parse_pact",
    "read_document",
    "read_pact",
    "read_pacts",
    "read_waivers",
    "run_contracts",
    "same_operation",
    "text",
    "verify_interaction",
]

__getattr__ = lazy(
    __name__,
    {
        "asgi": "by_path",
        "strength.waivers": "Waivers read_waivers",
        "strength.mutants": "Mutant Place mutants",
        "strength.measurement": "MeasuredCase EXAMPLE REAL",
        "strength.matrix": "Matrix MutantStatus MutationResult same_operation",
        "kinds": "kind_of",
        "consumers": "Reaction",
        "answers": "HttpAnswer",
        "cases": "AnyCase Case Given MessageCase Pair Request Response given",
        "failures": "ContractBroken StateFailed",
        "files": "PACT_FOLDERS PactFile find_pact parse_pact read_pact read_pacts",
        "interactions": "Interaction pact_document",
        "matchers": "match nullable text",
        "message": "Message",
        "messages": "MessageEndpoint Messages",
        "exercising": "exercise",
        "openapi.document": "Document Operation read_document",
        "operations": "PactOperation operations_of",
        "runs": "run_contracts",
        "state_endpoint": "StateEndpoint",
        "states": "States",
        "strength.drift": "drifts",
        "verification": "Provider verify_interaction",
    },
)
