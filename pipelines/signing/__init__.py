"""What may be signed, how it is signed, and how a signature is checked. A verifier needs nothing beyond this."""
