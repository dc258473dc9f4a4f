"""`python -m seatrial.cli`: the command line, for processes that start it themselves."""

from seatrial.cli import main

if __name__ == "__main__":
    main()
