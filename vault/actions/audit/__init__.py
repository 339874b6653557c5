"""What auditors do: search, read, replay, sample, and in need break the glass. Each is an entry."""
