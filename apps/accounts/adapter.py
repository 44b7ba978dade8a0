from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest  # noqa: TID251 - allauth hands it in


class InvitationOnlyAdapter(DefaultAccountAdapter):
    """Nobody signs up by themselves: people come in by invitation."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False
