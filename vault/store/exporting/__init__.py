"""Everything of an organization, read page by page, and written back where nothing is yet."""
