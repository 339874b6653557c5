"""What auditors look for and draw, as rules: filters, samples, answers side by side. Pure."""
