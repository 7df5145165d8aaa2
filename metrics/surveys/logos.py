"""A logo as it is kept: decoded, made small and written anew, so that nothing else comes along."""

import io
import warnings
from typing import BinaryIO

from django.utils.translation import gettext as _
from PIL import Image, ImageOps, UnidentifiedImageError

from cs_platform.core.errors import DomainError

MAX_UPLOAD_BYTES = 2 * 1024 * 1024
# twice the size at which it is shown, for dense screens
MAX_WIDTH, MAX_HEIGHT = 480, 128
_MAX_PIXELS = 40_000_000
# SVG is not among them: it can carry scripts.
_FORMATS = ("PNG", "JPEG", "WEBP", "GIF")


class BadLogo(DomainError):
    """The file is no picture we take."""

    code = "bad_logo"


def reencoded(upload: BinaryIO, size: int) -> bytes:
    """The picture as a small PNG with transparency kept and all metadata gone.

    ``size`` is the upload's length in bytes. Raises ``BadLogo`` for what is too large, is no
    picture, or pretends to be one.
    """
    if size > MAX_UPLOAD_BYTES:
        raise BadLogo(
            _("The picture has more than %(limit)d MB.") % {"limit": MAX_UPLOAD_BYTES // 2**20},
            field="logo",
        )
    try:
        with warnings.catch_warnings():
            # Pillow warns of bombs before it refuses them; both are refusals here.
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            return _small_png(upload)
    except (UnidentifiedImageError, Image.DecompressionBombError, Image.DecompressionBombWarning,
            OSError, ValueError, SyntaxError) as error:  # fmt: skip
        raise BadLogo(
            _("This is not a picture that can be read. PNG, JPEG, WebP and GIF are taken."),
            field="logo",
        ) from error


def _small_png(upload: BinaryIO) -> bytes:
    with Image.open(upload, formats=_FORMATS) as picture:
        if picture.width * picture.height > _MAX_PIXELS:
            raise ValueError("too many pixels")
        upright = ImageOps.exif_transpose(picture) or picture
        upright.load()
        small = upright.convert("RGBA")
    small.thumbnail((MAX_WIDTH, MAX_HEIGHT), Image.Resampling.LANCZOS)
    clean = Image.new("RGBA", small.size)
    clean.paste(small)
    out = io.BytesIO()
    clean.save(out, "PNG", optimize=True)
    return out.getvalue()
