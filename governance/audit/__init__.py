"""The audit log: a Merkle tree of what happened, signed, which an outsider can verify offline.

Leaves hold no word that a person wrote: only a commitment to it. The texts lie beside the tree,
sealed with a key of the person, so that erasing the key erases them and the tree still verifies.
"""
