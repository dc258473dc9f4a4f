"""Checks against planted evidence."""
