from typing import Any

from rest_framework import serializers


class InboxItemSerializer(serializers.Serializer[Any]):
    title = serializers.CharField()
    path = serializers.CharField(help_text="The page where it is done.")
    since = serializers.DateTimeField()
    kind = serializers.CharField()
    project = serializers.CharField(allow_blank=True)


class SearchHitSerializer(serializers.Serializer[Any]):
    name = serializers.CharField(source="label")
    kind = serializers.CharField()
    page = serializers.CharField(source="url")
    project = serializers.CharField(allow_blank=True)


class WordsSerializer(serializers.Serializer[Any]):
    q = serializers.CharField(max_length=100, help_text="A few letters of what is looked for.")


class PartSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    state = serializers.CharField()
    sentence = serializers.CharField()
