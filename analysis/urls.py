from django.urls import path, register_converter
from django.urls.converters import StringConverter

from analysis import views


class ReportName(StringConverter):
    """A report's number; closed ones are counted apart."""

    regex = "(?:closed-)?[0-9]{1,9}"


register_converter(ReportName, "report")

app_name = "analysis"
urlpatterns = [
    path("demo/", views.demo, name="demo"),
    path("demo/participant/", views.open_participant, name="demo_participant"),
    # /t/<trial>/report/
    path("t/<slug:trial_slug>/report/", views.reports, name="reports"),
    path("t/<slug:trial_slug>/report/ask/", views.ask_for_report, name="ask_for_report"),
    path("t/<slug:trial_slug>/report/<report:name>/", views.report, name="report"),
    path("t/<slug:trial_slug>/report/<report:name>/progress/", views.report_progress, name="report_progress"),
    path("t/<slug:trial_slug>/report/<report:name>/file/<str:file_name>", views.report_file, name="report_file"),
    path("t/<slug:trial_slug>/report/<report:name>/<slug:set_id>/<slug:part>/", views.report_part, name="report_part"),
]
