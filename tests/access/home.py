from dataclasses import replace

from tests.access import ANONYMOUS, MAY, WHO, Row, api_page, page

EVERYBODY = dict.fromkeys(WHO, 200)

ROWS = {
    "home:dashboard": page(),
    "home:inbox": page(),
    "home:counts": page(anonymous=286),
    "home:search": page(),
    "home:status": page(),
    "api:inbox": api_page(),
    "api:search": replace(api_page(), query="?q=loans"),
    "api:status": api_page(),
    # What watches the portal has no account.
    "home:health": Row({"GET": EVERYBODY}),
    "choose_columns": Row(
        {"POST": {**dict.fromkeys(WHO, MAY), ANONYMOUS: 302}}, data=lambda project: {"list": "datasets"}
    ),
    # How the sign-in page looks and speaks.
    "theme": Row({"POST": dict.fromkeys(WHO, 302)}),
    "set_language": Row({"POST": dict.fromkeys(WHO, 302)}),
}
