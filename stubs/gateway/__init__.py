"""The gateway: Traefik's configuration, and how it is started next to the services.

`traefik.yml` (static) and `routes.yml` (dynamic) are what a container reads as they stand.
"""
