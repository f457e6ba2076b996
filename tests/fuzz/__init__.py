"""Fuzzing of the readers of what others wrote: targets, a small corpus, and what runs them (`make fuzz`)."""
