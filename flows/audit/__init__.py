"""Finds stored records and former rules, and proves passports against them."""
