"""Listeners that hand events to metrics; each needs the extra `seatrial[metrics]`.

    events = Events()
    events.listen(PrometheusListener())
    breaker = CircuitBreaker(policy, name="user-service", events=events)

Import them from their modules, `prometheus` and `opentelemetry`: nothing here is imported with the
policies. What they count is the same, and written down once in `measures`.
"""
