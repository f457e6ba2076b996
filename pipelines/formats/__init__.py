"""Values and encodings that every step uses: JSON, numbers, dates, slugs, text."""
