"""Load as real processes: Locust against a small server whose defects are chosen."""
