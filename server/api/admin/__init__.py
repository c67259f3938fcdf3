"""The console as JSON: what administrators do on its pages, for programs."""
