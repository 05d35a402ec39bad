from django.apps import AppConfig


class AnalysisConfig(AppConfig):
    """Reads trial and questionnaires, writes to neither."""

    name = "analysis"
