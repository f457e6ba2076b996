"""Derives what a model can do and how it fails from its facts, by the rules, each with its evidence."""
