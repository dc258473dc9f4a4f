"""The cases of Pact's specification, put before our stub, judge and verification next to the core.

`python -m tests.spec FOLDER…` takes folders of such cases, as they are in the branches of
pact-foundation/pact-specification: `version-3/testcases/response/body/matches.json`. None of them
is in this repository.
"""
