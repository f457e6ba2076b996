"""Readers of OpenRouter's records: models, their endpoints, and the roll of ids that a crawl saw."""
