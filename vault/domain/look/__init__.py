"""How an organization's pages look: one colour becomes thirteen, and every pair of them can be read."""
