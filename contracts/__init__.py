"""What each consumer of the reference system expects, and the providers held to it."""
