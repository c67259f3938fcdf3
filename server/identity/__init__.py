"""Who asks: accounts, sessions, API keys, and the guards that hold each route to one role."""
