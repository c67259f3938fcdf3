"""The database's migrations; ``python -m server.migrations.write`` writes the next one."""
