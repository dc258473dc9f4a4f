"""What runs load from the harness, in which Locust is never imported.

A *job* is a profile as it shall run (`jobs`, from `catalogue`). It runs on an edge's wire with a
fault schedule (`on_edge`), against a target that runs already (`on_target`), or against the whole
system (`on_system`); `locust` starts the generator for each of them, and `judging` says what the
run comes to. `interleaved` repeats a job by the side of a baseline, and `batch` runs several jobs.
"""
