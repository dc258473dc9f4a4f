"""Small services of many frameworks, on which `seatrial init` is measured."""
