"""Serves a store over HTTP: the built-in server, and a configuration for nginx."""
