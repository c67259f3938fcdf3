"""Continuous evaluation: opinions that people share, the tests made of them, and their runs."""
