"""Pages about the registry itself: its state, and what changed."""
