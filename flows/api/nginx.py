"""Writes an nginx configuration for a local store, from the same rules for headers as `passports serve` uses."""

from flows.api.static import ALWAYS, METHODS
from pipelines.registry.layout import INDEX_KEY, NOT_FOUND_KEY, PAGE_HEADERS, Headers, header_rules, headers

PASSED_OVER = r"/\.(?!well-known/)"
"""Paths of hidden files, not served: a file being written has a hidden name."""
DOLLAR = "passports_dollar"
"""Variable that holds a dollar sign: nginx has no other way to write one in a path."""

COMPRESSED = (
    "    gzip on;",
    "    gzip_vary on;",
    "    gzip_min_length 2000;",
    "    gzip_types text/css text/javascript text/plain application/json application/schema+json;",
)
"""Text is sent compressed to who accepts that: the table of 10,000 passports has 2.0 MB, and 0.2 MB so."""


def configuration(root: str, *, port: int, name: str) -> str:
    """Return a `server` block that serves the directory `root` as `passports serve` does."""
    path = root.replace("\\", r"\\").replace('"', r"\"").replace("$", f"${{{DOLLAR}}}")
    locations = [_location(f'~ "^/{pattern}$"', served) for pattern, served in header_rules()]
    return "\n".join([
        *([f'geo ${DOLLAR} {{ default "$"; }}'] if "$" in root else []),
        "server {",
        f"    listen {port};",
        f"    server_name {name};",
        f'    root "{path}";',
        "    disable_symlinks on from=$document_root;",
        "    autoindex off;",
        "    etag on;",
        *COMPRESSED,
        "    if ($request_method !~ ^(GET|HEAD|OPTIONS)$) { return 405; }",
        f"    location ~ {PASSED_OVER} {{ return 404; }}",
        f"    error_page 404 /{NOT_FOUND_KEY};",
        f"    location = / {{ rewrite ^ /{INDEX_KEY} last; }}",
        *locations,
        _location("/", headers("a-page")),
        "}",
        "",
    ])  # fmt: skip


def _location(where: str, served: Headers) -> str:
    added = {**ALWAYS, "Cache-Control": served.cache_control, "Access-Control-Allow-Methods": METHODS}
    added |= PAGE_HEADERS if served.content_type.startswith("text/html") else {}
    lines = [f'        add_header {name} "{value}";' for name, value in added.items()]
    return "\n".join([
        f"    location {where} {{",
        "        types { }",
        f'        default_type "{served.content_type}";',
        *lines,
        "        if ($request_method = OPTIONS) { return 204; }",
        "        try_files $uri =404;",
        "    }",
    ])  # fmt: skip
