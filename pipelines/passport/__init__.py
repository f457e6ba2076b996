"""Composes a passport from a subject and its profile, and decides whether it is issued again."""
