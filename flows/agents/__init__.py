"""Serves a registry to agents as tools of the Model Context Protocol."""
