"""Consumers whose numbers the environment says: by hand in three languages, and of libraries."""
