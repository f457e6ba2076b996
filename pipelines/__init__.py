"""Decides about content: pure functions from listings to signed passports. No clock, network, disk or environment."""
