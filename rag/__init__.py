"""Retrieval over public sources: documents, passages, indexes, ranking, citation checking."""
