"""A passport on two screens of a terminal: what a person who chooses a model asks first, without the evidence."""
