"""payments-service: owns the payments, their refunds and the ledger; publishes `payment.events`."""
