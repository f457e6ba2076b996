"""Fetches the sources: one spider for each, and Scrapy's settings. Spiders decide nothing about content."""
