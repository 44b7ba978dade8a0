"""What the API has of its own: its root, its schema, its pages for reading it."""

from tests.access import api_page

ROWS = {"api:api-root": api_page(), "api:schema": api_page(), "api:docs": api_page()}
