"""Answers that are given again: what is kept of them, under which key, and for how long."""
