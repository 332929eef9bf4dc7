"""The mentoring room: who offers, who seeks, who is introduced to whom, and how it goes."""
