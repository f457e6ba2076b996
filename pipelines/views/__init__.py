"""What people read: a passport, ages and run summaries in words, computed from signed documents."""
