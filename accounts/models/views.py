from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models.workspace import Membership
from cs_platform.core.constraints import TenantForeignKey
from cs_platform.core.tenancy import TenantModel


class SavedView(TenantModel):
    """A named set of filters and a sort of one list; the URL's query is all there is to keep."""

    page = models.CharField(max_length=50)
    name = models.CharField(_("name"), max_length=100)
    query = models.TextField(blank=True)
    is_shared = models.BooleanField(_("shared with the workspace"), default=False)
    member = models.ForeignKey(
        Membership, on_delete=models.CASCADE, db_constraint=False, related_name="saved_views"
    )

    class Meta(TenantModel.Meta):
        constraints: ClassVar = [
            *TenantModel.Meta.constraints,
            models.UniqueConstraint(
                fields=["workspace", "member", "page", "name"], name="accounts_savedview_name"
            ),
            TenantForeignKey(field="member", name="accounts_savedview_member_fk"),
        ]
