"""What is measured beside us, in an environment of its own."""
