"""marketplace-service: owns jobs and proposals, and shows users' cards from a cache.

User events keep the cache fresh, and end what deleted users have posted and proposed.
"""
