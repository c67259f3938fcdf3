"""The FastAPI application: routes, identity and roles, database, settings and command line."""

import models  # noqa: F401 - first of all: it sets how libraries' threads wait, before they load
