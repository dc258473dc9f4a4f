"""Consumers outside of the three services, as far as they aren't the services' own clients."""
