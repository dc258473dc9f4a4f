"""Pictures of the report for the documentation, of runs that are made for them."""
