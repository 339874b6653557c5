"""Your details, as pages."""
