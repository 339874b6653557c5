"""Rights over HTTP: what customers ask for through whoever acts for them, and what a client of an admin answers."""
