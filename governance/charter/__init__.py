"""The charter: the organisation's rules as one file, read, checked, versioned and in force."""
