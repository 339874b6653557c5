"""The console: pages for the auditors and admins of an organization, below `/console/SLUG/`. No decisions."""
