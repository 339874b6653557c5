"""Rooms where things are kept: tables, SQL, sealing and opening. Who is allowed is decided elsewhere."""
