"""Which sentences of cards and descriptions state a limit or an ability of the model they are about."""
