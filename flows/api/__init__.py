"""Answers HTTP requests from a store, here or through nginx."""
