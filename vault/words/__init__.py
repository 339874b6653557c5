"""The words people read: texts, dates, numbers. English stands in the code, other languages in catalogues."""
