"""`passports log`: what a registry's public log states, now and as it grows."""
