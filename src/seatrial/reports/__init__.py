"""A result for a person: a table in the terminal, a report in the browser.

Reporters only read a `seatrial.results.Result`; they judge nothing. Whatever a service answered may
be in it, so all text goes through `seatrial.reports.hostile` first.
"""
