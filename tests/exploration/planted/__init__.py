"""Systems with planted defects, and how `seatrial explore` finds them."""
