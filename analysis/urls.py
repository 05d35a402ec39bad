from django.urls import path

from analysis import views

app_name = "analysis"
urlpatterns = [
    path("demo/", views.demo, name="demo"),
    path("demo/participant/", views.open_participant, name="demo_participant"),
    # /t/<trial>/report/
    path("t/<slug:trial_slug>/report/", views.reports, name="reports"),
    path("t/<slug:trial_slug>/report/ask/", views.ask_for_report, name="ask_for_report"),
    path("t/<slug:trial_slug>/report/<int:number>/", views.report, name="report"),
    path("t/<slug:trial_slug>/report/<int:number>/progress/", views.report_progress, name="report_progress"),
    path("t/<slug:trial_slug>/report/<int:number>/file/<str:name>", views.report_file, name="report_file"),
    path("t/<slug:trial_slug>/report/<int:number>/<slug:set_id>/<slug:part>/", views.report_part, name="report_part"),
]
