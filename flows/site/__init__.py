"""Renders the files that are served beside the registry."""
