"""Limits that a language model finds in a text, each checked against that text. Off unless configured."""
