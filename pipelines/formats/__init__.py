"""Values and encodings that all steps use: JSON, decimals, dates, slugs, text."""
