"""Consumers outside of the three services, as small as they can be: the web app, the back office.

Each has models of its own, that hold what it shows and no more.
"""
