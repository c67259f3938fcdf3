"""Holds each service to what the charter grants it: requests, tokens and watt-hours.

A request reserves what it may take before anything is computed, and settles what it took at its
end; no race overruns a limit, and nothing that died keeps its hold for ever.
"""
