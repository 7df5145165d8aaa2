"""Every address of the application."""

from django.http import HttpRequest, HttpResponse
from django.urls import include, path


def home(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok")


urlpatterns = [
    path("", home, name="home"),
    path("accounts/", include("allauth.account.urls")),
]
