"""What is wrong with an embedding space, and what to change."""
