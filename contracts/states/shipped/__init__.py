"""Each provider as it ships, with what stands around it, for the process that sets its states."""
