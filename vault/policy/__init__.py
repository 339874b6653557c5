"""Cedar decides: whether a client may ask, a person be contacted, a field leave."""
