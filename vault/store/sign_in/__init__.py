"""Who is signed in, and what was sent to sign in with."""
