"""Tests of one module at a time, without a platform or a store."""
