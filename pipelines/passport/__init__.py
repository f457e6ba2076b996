"""Composes the passport from a model's facts and findings, and decides whether to issue it again."""
