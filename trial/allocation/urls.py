from django.urls import path

from trial.allocation import public

app_name = "allocation"
urlpatterns = [
    path("study/<slug:trial_slug>/proof/", public.proof, name="proof"),
    path("study/<slug:trial_slug>/proof/verify_allocation.py", public.verify_script, name="verify_script"),
    path("study/<slug:trial_slug>/proof/<slug:kind>-<int:number>.json", public.opening, name="opening"),
]
