"""The settings: what they are, where they are read from, and what is wrong with them."""

from bot.config.command import command
from bot.config.faults import ConfigError, Fault
from bot.config.loading import kept_device, load, require_login, whole
from bot.config.settings import Discord, Matrix, Settings
from bot.config.writing import example, keep_login, keep_token, render, write_private

__all__ = [
    "ConfigError",
    "Discord",
    "Fault",
    "Matrix",
    "Settings",
    "command",
    "example",
    "keep_login",
    "keep_token",
    "kept_device",
    "load",
    "render",
    "require_login",
    "whole",
    "write_private",
]
