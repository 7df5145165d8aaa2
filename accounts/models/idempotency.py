from typing import ClassVar

from django.db import models

from cs_platform.core.tenancy import TenantModel


class KeptAnswer(TenantModel):
    """The answer to a request that carried an ``Idempotency-Key``, for those who ask again.

    Written in the request's own transaction, so that it is kept exactly if the work was done.
    """

    key = models.CharField(max_length=200)
    # of the address and the body: what another request with the same key would differ in
    fingerprint = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField()
    body = models.BinaryField()
    created_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        constraints: ClassVar = [
            *TenantModel.Meta.constraints,
            models.UniqueConstraint(fields=["workspace", "key"], name="accounts_keptanswer_key"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["workspace", "created_at"], name="accounts_keptanswer_age")
        ]
