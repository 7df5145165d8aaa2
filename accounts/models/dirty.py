from typing import ClassVar

from django.db import models

from cs_platform.core.tenancy import TenantModel


class DirtyAccount(TenantModel):
    """A mark that something an account is scored or listed by has changed.

    Whoever changes it adds a mark in the same transaction; the pipeline takes marks away and
    recomputes. Marks are a queue without a unique key, so that marking never waits for a
    recomputation that is under way.
    """

    account_id = models.BigIntegerField()
    # nothing but the roll-ups of its use has changed
    is_of_use = models.BooleanField(default=False, db_default=False)

    class Meta(TenantModel.Meta):
        indexes: ClassVar = [
            models.Index(fields=["workspace", "account_id"], name="accounts_dirty_by_account")
        ]
