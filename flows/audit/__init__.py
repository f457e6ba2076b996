"""Checks passports against the stored records and the rules that they were made from."""
