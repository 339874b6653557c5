"""Own details: what a customer sees and changes of themselves, signed in."""
