"""The command line: `consent-vault`. One file for each command; each opens what it needs and closes it again."""
