"""How strong a contract is: what a provider could change without its matchers noticing."""
