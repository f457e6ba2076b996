"""Readers of OpenRouter's records: models and their endpoints."""
