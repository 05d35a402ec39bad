from django.apps import AppConfig


class QuestionnairesConfig(AppConfig):
    """Instruments, waves in time, sittings and answers. Has never heard of arms or trials."""

    name = "questionnaires"
