"""Chaos scenarios, one a file, each of which tests a caller's promises on the wire."""
