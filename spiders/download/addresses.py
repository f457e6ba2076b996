"""Reads the root address of a source, and checks that links and redirects stay below it."""

from urllib.parse import SplitResult, urlsplit

from scrapy.settings import BaseSettings


class ForeignLinkError(ValueError):
    """A link to a next page leads out of the list that it is in."""


def base_url(settings: BaseSettings, name: str) -> str:
    """A source's root address from the setting `name`; raises ValueError if it has a user, a query or a fragment."""
    url: str = settings[name]
    parts = urlsplit(url)
    plain = parts.scheme in ("http", "https") and parts.hostname and "@" not in parts.netloc
    if not plain or parts.query or parts.fragment:
        raise ValueError(f"{name} must be http(s)://host[:port][/prefix], without a user, a query or a fragment")
    return url.rstrip("/")


def path_below(location: str, root: str) -> str | None:
    """The path below `root` that a Location header leads to, None when it leads elsewhere or has a query or fragment.

    The header may be absolute, or a path from the server's root, whatever prefix `root` has.
    """
    base = urlsplit(root)
    try:
        target = urlsplit(location)
    except ValueError:
        return None
    here = (target.scheme, target.netloc) in (("", ""), (base.scheme, base.netloc))
    if not here or target.query or target.fragment or not target.path.startswith("/"):
        return None
    return target.path.removeprefix(base.path)


def following_url(link: str, *, base_url: str, list_path: str) -> str:
    """Resolve a link to a next page: the list's own address below `base_url`, with the link's query.

    The link may be absolute, or a path from the source's root, whatever prefix `base_url` has. Raises ForeignLinkError
    when it leads to anything but this list.
    """
    base, target = urlsplit(base_url), _split(link)
    here = not target.netloc or (target.scheme, target.netloc) in (("", base.netloc), (base.scheme, base.netloc))
    if not here or target.path not in ("", list_path, base.path + list_path) or not target.query:
        raise ForeignLinkError(f"the next link {link[:200]!r} is not a page of {base_url}{list_path}")
    return f"{base_url}{list_path}?{target.query}"


def _split(link: str) -> SplitResult:
    try:
        return urlsplit(link)
    except ValueError as error:
        raise ForeignLinkError(f"the next link {link[:200]!r} is not a valid address: {error}") from error
