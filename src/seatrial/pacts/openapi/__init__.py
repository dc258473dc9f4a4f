"""A provider's OpenAPI document beside the pacts: what isn't documented, and what nobody needs."""
