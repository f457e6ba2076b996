"""Reads what this installation provides: settings, signing key, clock, folders and given files."""
