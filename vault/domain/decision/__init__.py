"""The decision: the question, what an answer rests on, and the reasons it gives. Pure."""
