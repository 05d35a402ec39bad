from django.urls import path

from trial.enrolment import public, views

app_name = "enrolment"
urlpatterns = [
    # everybody
    path("study/<slug:trial_slug>/", public.study, name="study"),
    path("study/<slug:trial_slug>/information/", public.information, name="information"),
    path("study/<slug:trial_slug>/take-part/", public.take_part, name="take_part"),
    path("study/<slug:trial_slug>/take-part/done/", public.signed_up, name="signed_up"),
    # participants
    path("l/<str:token>/", views.link, name="link"),
    path("me/consent/", views.consent, name="consent"),
    path("me/consent/<int:pk>/copy/", views.consent_copy, name="consent_copy"),
    path("me/screening/", views.screening, name="screening"),
    path("me/about-you/", views.about_you, name="about_you"),
    path("me/leave-study/", views.leave_study, name="leave_study"),
    path("me/leave/", views.leave_device, name="leave_device"),
    path("closed/", views.closed, name="closed"),
    path("my-link/", views.my_link, name="my_link"),
]
