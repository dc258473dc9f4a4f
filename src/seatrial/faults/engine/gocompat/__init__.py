"""JSON as Go reads and writes it, and Go's words for what it can't read; see README.md."""
