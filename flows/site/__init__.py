"""Files served beside the passports."""
