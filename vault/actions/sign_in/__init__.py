"""How people come in, and how long they stay."""
