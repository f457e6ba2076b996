"""Scrapy extensions for what a crawl writes beside its records: the crawl file, counts, checkpoints."""
