"""Renders pages for people: from passports and the registry's values to HTML and JSON, as pure functions."""
