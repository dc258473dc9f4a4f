"""The pytest plugin: `pytest contracts` with what the reports need.

It is loaded wherever the package is installed, so none of its parts imports anything of ours
before a test asks for it, and its options begin with a name of their own.
"""

pytest_plugins = (
    "seatrial.pytest_plugin.options",
    "seatrial.pytest_plugin.hooks",
    "seatrial.pytest_plugin.contracts",
    "seatrial.pytest_plugin.broker",
    "seatrial.pytest_plugin.chaos",
    "seatrial.pytest_plugin.virtual",
    "seatrial.pytest_plugin.cases",
)
