"""Locust profiles, one a file, each usable by `locust -f` alone."""
