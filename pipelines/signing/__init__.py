"""What may be signed, how it is signed, and how a signature is checked: all that a verifier needs."""
