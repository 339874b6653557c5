"""Proving: a code to one contact point of whoever is signed in, typed back, shows that it is theirs."""
