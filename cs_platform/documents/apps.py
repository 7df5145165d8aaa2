from django.apps import AppConfig


class DocumentsConfig(AppConfig):
    name = "cs_platform.documents"
    label = "documents"
