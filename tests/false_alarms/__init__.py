"""Whole runs on consumers that keep what they declare: whatever fails is a false alarm."""
