"""What is sent, once and in order: schedules, the tick, the outbox, the drain."""
