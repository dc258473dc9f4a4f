"""What ours costs, beside the peers, in one run: `make bench`, or `python -m benchmarks`.

Each module here that has a function `figures()` is one benchmark; its goals, if it has any, are in
`GOALS`: the figure's name and the bound, with `<=` or `>=` before it.
"""
