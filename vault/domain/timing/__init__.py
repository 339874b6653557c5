"""When somebody may be reached: open hours on their own clock, breaks, and the first moment that fits all. Pure."""
