"""The verbs of the publication: mark, hear, draft, review, publish, and a member's rights."""
