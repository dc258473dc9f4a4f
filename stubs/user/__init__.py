"""user-service: owns the users and publishes their changes on `user.events`."""
