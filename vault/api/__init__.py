"""HTTP in, HTTP out: parse, name, forward, render. Nothing is decided here."""
