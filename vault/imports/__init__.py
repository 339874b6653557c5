"""Foreign files into rows: each row is readable, with what it says, or put aside with a reason. Nothing is dropped.

Driven by what the organization file says of a source; only what a system always writes the same, such as Salesforce's
objects, stands in the code. A row that is put aside is named by its record number and a code, never by a value. No
database, no clock and no network enter.
"""
