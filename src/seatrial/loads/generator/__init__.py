"""The part of load in Locust's processes, which it patches with gevent; nobody else imports it.

A profile's user (`open_loop`) is joined by a participant of the run, chosen once (`joining`): a
`Local` one that sends alone, or the `Coordinator` and its `Worker`s, who share the arrivals out.
A `Sender` sends one process's shard on time.
"""
