"""Limits that a language model points at in a text, each checked against the text. Off unless configured."""
