"""Audiences as they are kept: the job, who is still to be asked about, and the answers."""
