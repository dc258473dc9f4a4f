"""marketplace-service: shows users' cards from a cache that user events keep up to date.

Job postings and proposals come with a later version.
"""
