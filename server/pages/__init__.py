"""The pages and what their scripts call, one module a page."""
