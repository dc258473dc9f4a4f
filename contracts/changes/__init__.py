"""The changes of a provider, and whose contracts notice: `python -m contracts.changes`.

Each change is made to the real provider's real answers, on their way to Pact's verifier. One that
breaks consumers must turn exactly their contracts red, and one that breaks nobody none.
"""
