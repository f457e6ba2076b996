"""Runs spiders, one process a crawl, and says what each is asked for."""
