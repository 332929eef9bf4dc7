"""What the core hears and says: events, documents, the platform port, commands and dispatch."""
