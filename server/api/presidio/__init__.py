"""Presidio's REST interface over Sobria's analyser, for gateways that speak it already.

``docs/presidio-api.md`` says how to point one here, and what differs from Presidio's containers.
"""
