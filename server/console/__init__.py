"""What an administrator sees and changes, whatever the surface: pages, JSON API, commands."""
