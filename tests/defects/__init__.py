"""A small consumer whose defects can be switched on, one at a time, and what finds each of them."""
