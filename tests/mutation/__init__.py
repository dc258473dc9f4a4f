"""Finds out whether the scenarios notice when a line of a policy or a client is wrong."""
