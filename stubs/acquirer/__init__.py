"""The acquirer: who moves the money. A fake one, steered by the payment method.

It is no service of the reference system but a neighbour of payments-service, and outlives it: what
it charged stays charged, whatever becomes of the answer.
"""
