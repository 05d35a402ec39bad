"""The site map and, beside it, what a Django view costs at the least: one query and one line."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.urls import path

from questionnaires.models import Respondent
from trial import urls

handler400, handler403, handler404, handler500 = urls.handler400, urls.handler403, urls.handler404, urls.handler500


@login_not_required
def bare(request: HttpRequest) -> HttpResponse:
    language = Respondent.objects.values_list("language", flat=True).first()
    return HttpResponse(f"{language}\n", content_type="text/plain")


urlpatterns = [path("bare/", bare), *urls.urlpatterns]
