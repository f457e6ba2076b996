"""Runs spiders, one process for each crawl, and gives each the records to ask for."""
