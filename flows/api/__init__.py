"""Serves a store over HTTP, by a server of its own or by nginx."""
