"""Human review: answers that a person validates, and refusals that a person contests."""
