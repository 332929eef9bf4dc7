"""The settings: what they are, where they are read from, and what is wrong with them."""

from bot.config.command import command
from bot.config.faults import ConfigError, Fault
from bot.config.loading import kept_device, load, require_login, whole
from bot.config.settings import Matrix, Settings
from bot.config.writing import example, keep_login, render, write_private

__all__ = [
    "ConfigError",
    "Fault",
    "Matrix",
    "Settings",
    "command",
    "example",
    "keep_login",
    "kept_device",
    "load",
    "render",
    "require_login",
    "whole",
    "write_private",
]
