"""Serves a store over HTTP: its files, and an API that answers from them; and a configuration for nginx."""
