"""The reference system: what the contracts describe, and chaos and load are aimed at.

Each service is a process with its own database. They know each other over HTTP and events alone;
no service imports another's code.
"""
