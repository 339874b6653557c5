"""Rights: what customers ask for by law, until when it is answered, and how it stands. Pure."""
