"""Readers of OpenRouter's records: models, their endpoints, and the list of ids that a crawl saw."""
