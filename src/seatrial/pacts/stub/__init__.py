"""A pact file alone as a provider: what a consumer expects, served by Pact's own rules.

`python -m seatrial.pacts.stub --pact FILE` is the process, and `pact = "FILE"` of a service in
seatrial.toml starts it, so that the tap, the proxy and the scenarios work before it as before any
other provider.
"""
