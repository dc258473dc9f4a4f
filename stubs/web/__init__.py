"""The HTTP side that every service shares: problems, bodies, operations, metrics, the process."""

from stubs.web.application import Shell, new_application
from stubs.web.bodies import json_body
from stubs.web.documents import problem_responses
from stubs.web.metrics import Metrics
from stubs.web.problems import Problem
from stubs.web.server import open_listener, run_service

__all__ = [
    "Metrics",
    "Problem",
    "Shell",
    "json_body",
    "new_application",
    "open_listener",
    "problem_responses",
    "run_service",
]
