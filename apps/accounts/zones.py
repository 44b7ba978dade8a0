"""The time zones that people can choose."""

import zoneinfo

# Asking the system means to walk through a folder with hundreds of files: once, not for each request.
ZONES = frozenset(zoneinfo.available_timezones() - {"localtime", "Factory"})
