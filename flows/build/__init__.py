"""Builds passports from listings, one part of the catalogue at a time, in this process or on workers."""
