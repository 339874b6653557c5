"""Files as somebody wrote them, to records: packed or not, in whatever encoding, with whatever separators and dates."""
