"""Looking over an installation: what is, why it matters, what to do about it."""

from bot.check.findings import as_text, failed, to_json
from bot.check.looking import findings

__all__ = ["as_text", "failed", "findings", "to_json"]
