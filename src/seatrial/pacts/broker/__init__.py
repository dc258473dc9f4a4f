"""A Pact Broker: which pacts a provider is to be held to, and how that went.

Pacts are published, and deployments asked for and recorded, with Pact's own tool: the command
`pact` of the package pact-python-cli. Here is what the verification itself needs.
"""

from seatrial.pacts.broker.broker import Broker, BrokerPact
from seatrial.pacts.broker.selection import PactSelection, read_selector

__all__ = ["Broker", "BrokerPact", "PactSelection", "read_selector"]
