"""Finds the sentences of cards and descriptions that state a limit or an ability of the model they are about."""
