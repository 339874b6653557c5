"""Who is who among rows of foreign files: which rows are one customer's, and where only a human can tell."""
