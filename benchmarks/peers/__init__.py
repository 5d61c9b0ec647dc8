"""Other libraries' losses, in an environment of their own (``make peers``)."""
