"""What a model can do and how it fails, derived from its facts by the rules, with evidence."""
