"""payments-service: owns the payments, their refunds and the ledger; tells `payment.events`."""
