"""How each kind of the organisation's files is read, and what of it is told as not read."""
