"""The words of `seatrial infer`, held to consumers whose numbers are known."""
