"""Rights: what customers ask for by law, what counts at once, what admins answer, and the copy of all that is held."""
