"""Where our stub says something else than the specification, and why that stays."""

_NO_EMPTY_PATH = "HTTP has no empty path: a client that is given one asks for /"
_QUERY_OF_1 = "the core reads a version 1 query into its parameters, and their order says nothing"
_XML = "the core itself lets it through: its verifier does as well, given the two as a response"

EXPLAINED = {
    "1 request query/different param order": _QUERY_OF_1,
    "1 request query/trailing amperand": _QUERY_OF_1,
    "4 request body/array with regular expression that does not match in element xml": _XML,
    **{
        f"{version} request path/empty path found when forward slash expected": _NO_EMPTY_PATH
        for version in ("1", "1.1", "2", "3", "4")
    },
}
"""A case by its name, and the reason."""
