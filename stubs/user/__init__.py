"""user-service: owns the users and tells their changes on `user.events`."""
