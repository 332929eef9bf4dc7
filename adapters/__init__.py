"""What connects the core to a platform: one folder a platform."""
