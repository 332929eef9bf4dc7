"""The tables of marks, quotes and publications, and every query on them."""

from bot.publication.rows.queries import Gone, Harvested, Publications, Quotes, Spoken
from bot.publication.rows.tables import GoneRow, KeptRow, MarkRow, PublicationRow, QuoteRow

__all__ = [
    "Gone",
    "GoneRow",
    "Harvested",
    "KeptRow",
    "MarkRow",
    "PublicationRow",
    "Publications",
    "QuoteRow",
    "Quotes",
    "Spoken",
]
