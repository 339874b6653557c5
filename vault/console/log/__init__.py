"""The log as pages: overview, search, entry, one customer, was it allowed, samples."""
