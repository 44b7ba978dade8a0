"""The scoring runtime: what answers requests for one endpoint. No Django, no database, no pickle."""
