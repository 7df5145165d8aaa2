"""Figures that may be a minute old, kept where every web process finds them."""

from collections.abc import Callable
from typing import TypeVar

from django.core.cache import cache
from redis.exceptions import RedisError

from cs_platform.core.tenancy import current_workspace_id

T = TypeVar("T")


def remembered(name: str, *, seconds: int, make: Callable[[], T]) -> T:
    """``make()``, or what it gave at most ``seconds`` ago in the open workspace.

    Without the cache server it is made every time: a page is slower, never broken.
    """
    key = f"dashboards:{current_workspace_id()}:{name}"
    try:
        found = cache.get(key)
    except RedisError:
        return make()
    if found is not None:
        return found
    made = make()
    try:
        cache.set(key, made, seconds)
    except RedisError:
        return made
    return made
