"""Judges what a request wants to use the assistant for, against the charter's uses."""
