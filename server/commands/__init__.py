"""The commands of ``sobria``, one module a subject."""
