"""Starts, restarts and stops every program of the portal on one machine. Standard library only."""
