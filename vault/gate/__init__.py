"""The gate: a mail relay that lets a message pass only with a permit for its one recipient."""
