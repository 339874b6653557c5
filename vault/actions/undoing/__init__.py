"""Undoing an import: what it brought counts no more at once, and whom it alone made is erased after that."""
