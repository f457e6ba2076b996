"""Reads one record of one source into a Listing: identity, facts and prices, each with its locator."""
