"""``/api/admin``: everything that the console does, as JSON, with the same permissions.

Each module holds one subject's routes, and each route depends on ``admin_caller``: an
administrator's session, or an API key with the scope «admin» («admin-read» for what only reads).
"""

from server.identity.guards import admin_caller

PREFIX = "/api/admin"

__all__ = ["PREFIX", "admin_caller"]
