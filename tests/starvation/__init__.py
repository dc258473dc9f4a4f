"""A generator that is starved, a service that stalls, and both: what each run comes to."""
