"""The scoring runtime: answers the requests of one endpoint. No Django, database or pickle."""
