"""Settings, signing key and clock of this installation."""
