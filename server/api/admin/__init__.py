"""The JSON API of the console: what its pages do, with the same permissions."""
