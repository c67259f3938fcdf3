"""One module a kind of source: each reads what is published and yields documents."""
