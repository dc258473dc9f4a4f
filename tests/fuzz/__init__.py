"""Fuzzing the services with Schemathesis: in process and the same in every run, or over HTTP."""
