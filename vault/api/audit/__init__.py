"""The log over HTTP, for auditors: by the console's session, never by a client's token."""
