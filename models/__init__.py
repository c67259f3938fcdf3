"""Weights and the engines that run them: catalogue, pull and verify, language models, embedders.

This room imports nothing of ours, so that any part of it can be replaced or reused alone.
"""
