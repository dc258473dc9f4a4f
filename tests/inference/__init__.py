"""What `seatrial infer` says, held to consumers whose numbers are known."""
