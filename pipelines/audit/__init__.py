"""Checks published passports against the stored records: every quote, every value, and the rules run again."""
