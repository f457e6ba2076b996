"""What decides: pure functions from listings to signed passports. No clock, network, disk or environment."""
