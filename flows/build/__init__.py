"""Builds passports from listings, one part of the catalogue at a time, here or on workers."""
