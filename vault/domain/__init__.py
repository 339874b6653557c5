"""The consent rules, pure: no I/O, no keys, no clock. Time is always an argument."""
