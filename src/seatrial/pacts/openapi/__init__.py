"""A provider's OpenAPI document next to the pacts: what isn't documented, and what nobody needs."""
