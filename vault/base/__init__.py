"""Ids, clock, errors, canonical bytes, settings: what every floor may know."""
