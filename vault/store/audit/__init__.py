"""The log as auditors look for things in it, and what lets their programs read it."""
