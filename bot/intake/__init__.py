"""What is heard, once: the cursor, the inbox and the worker that answers."""
