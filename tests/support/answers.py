"""Writes docs/json/: a JSON Schema for the answer of each command with --json.

`python -m tests.support.answers` writes the files; tests/flows/commands/test_answers.py fails until then.
"""

import json
from pathlib import Path
from typing import Any, get_args

from schemas.registry import Cause, Status
from schemas.run import RunReport
from schemas.verdict import Age, Verdict
from tests.support.house import ROOT

FOLDER = ROOT / "docs" / "json"
VERSION = 1
"""Raised when an answer loses a field, or a field means something else. A further field is no new version."""
Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
COUNT: Schema = {"type": "integer", "minimum": 0}
NUMBER: Schema = {"type": "number"}
TRUTH: Schema = {"type": "boolean"}
TIME: Schema = {"type": "string", "format": "date-time"}
HASH: Schema = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
ANYTHING: Schema = {}


def one_of(*values: str) -> Schema:
    return {"enum": list(values)}


def many(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def or_null(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


def counts(names: Schema | None = None) -> Schema:
    return {"type": "object", "additionalProperties": COUNT, **({"propertyNames": names} if names else {})}


def record(**fields: Schema) -> Schema:
    return {"type": "object", "properties": fields, "required": list(fields), "additionalProperties": False}


AGE, STATUS, CAUSE = (one_of(*get_args(kind)) for kind in (Age, Status, Cause))
TRUST = {"trusted": TEXT, "trust": one_of("root", "key", "own", "first_use", "first_use_now", "store")}
LOOKED_AT = one_of("served object", "log", "copy", "shard", "file", "URL", "standard input", "evidence", "site")
VERDICT = one_of(*(str(verdict) for verdict in Verdict))
FINDING = record(target=TEXT, verdict=VERDICT, reason=TEXT, age=or_null(AGE), looked_at=many(LOOKED_AT))
VERIFY = record(**TRUST, verified=COUNT, of=COUNT, site_files=or_null(COUNT), findings=many(FINDING))
AGED = {"source": TEXT, "age": AGE, "last_scraped_at": TIME, "hours_ago": NUMBER}
CHANGE = record(path=TEXT, before=ANYTHING, after=ANYTHING)
VERSION_OF_A_PASSPORT = record(
    generation=COUNT, signed_at=TIME, cause=CAUSE, object=HASH, changes=or_null(many(CHANGE))
)
LISTED = record(
    slug=TEXT, listing_id=TEXT, source=TEXT, status=STATUS, age=AGE, cause=CAUSE, generation=COUNT, object=HASH,
    first_seen=TIME, last_seen=TIME, last_scraped_at=TIME, last_changed=TIME,
)  # fmt: skip
LOGGED = record(
    index=COUNT, at=or_null(TIME),
    type=one_of("issued", "removed", "key", "endorsed", "root", "revoked", "revocations"), generation=COUNT,
    slug=or_null(TEXT), listing=or_null(TEXT), object=or_null(HASH), cause=or_null(CAUSE),
    status=or_null(STATUS), revoked_at=or_null(TIME), reason=or_null(TEXT), number=or_null(COUNT),
    sha256=or_null(HASH), version=or_null(COUNT), thumbprint=or_null(TEXT), root=or_null(COUNT),
    role=or_null(one_of("passports", "registry", "revocations")), key_id=or_null(TEXT),
    state=or_null(one_of("active", "retired", "revoked", "removed")), last_good=or_null(COUNT),
)  # fmt: skip
RUN = {"report": {"$ref": "#/$defs/RunReport"}, "published": or_null(record(generation=COUNT, written=counts()))}
NAMED_KEY: Schema = {
    "role": one_of("all", "root", "passports", "registry", "revocations"),
    "key": TEXT,
    "state": one_of("active", "retired", "revoked"),
    "from": or_null(TIME),
    "until": or_null(TIME),
    "last_good": or_null(COUNT),
}
ROOT_OF_TRUST: Schema = {
    "version": or_null(COUNT),
    "thumbprint": or_null(TEXT),
    "expires_at": or_null(TIME),
    "signatures": COUNT,
    "threshold": or_null(TEXT),
    "file": or_null(TEXT),
    "lacking": COUNT,
    "in_force": TRUTH,
    "generation": or_null(COUNT),
    "keys": many(record(**NAMED_KEY)),
}
PUBLIC_KEY = record(kty=one_of("OKP"), crv=one_of("Ed25519"), x=TEXT, kid=TEXT, use=one_of("sig"))
ANSWERS: dict[str, Schema] = {
    "demo": record(**RUN, verification=VERIFY),
    "refresh": record(**RUN),
    "rescrape": record(**RUN),
    "verify": VERIFY,
    "list": record(generation=COUNT, **TRUST, of=COUNT, found=COUNT, passports=many(LISTED)),
    "status": record(
        generation=COUNT,
        **TRUST,
        sources=many(record(**AGED, refresh_after_h=COUNT, stale_after_h=COUNT, listings=COUNT, watched=TRUTH)),
        ages=counts(AGE),
        passports=many(record(slug=TEXT, **AGED, status=STATUS)),
        complaints=many(TEXT),
    ),
    "diff": record(slug=TEXT, versions=many(VERSION_OF_A_PASSPORT)),
    "publish": record(generation=COUNT, copied=COUNT, written=counts()),
    "doctor": record(
        fit=TRUTH, checks=many(record(name=TEXT, state=one_of("fit", "warning", "unfit", "unknown"), detail=TEXT))
    ),
    "schedule": record(
        api=TEXT, store=TEXT, deployments=many(record(deployment=TEXT, sources=TEXT, schedule=TEXT, next_run=TEXT))
    ),
    "log show": record(generation=COUNT, size=COUNT, root=HASH, entries=many(LOGGED)),
    "log watch": LOGGED,
    "log checkpoint": record(origin=TEXT, size=COUNT, root=HASH, key=TEXT, note=TEXT),
    "store gc": record(generations=many(COUNT), kept=COUNT, garbage=many(TEXT), removed=COUNT),
    "store scrub": record(looked_at=COUNT, of=COUNT, damages=many(record(key=TEXT, reason=TEXT, repaired=TRUTH))),
    "store repair": record(generation=COUNT, before=or_null(COUNT), kept_from=COUNT, written=counts()),
    "store forget": record(
        registry=TEXT,
        generation=or_null(COUNT),
        root_version=or_null(COUNT),
        revocations=or_null(COUNT),
        log_size=or_null(COUNT),
        pinned=or_null(TEXT),
        pinned_forgotten=TRUTH,
    ),
    "keys init": {**record(**ROOT_OF_TRUST, public_key=PUBLIC_KEY), "required": ["file"]},
    **{f"keys {name}": record(**ROOT_OF_TRUST) for name in ("list", "rotate", "revoke", "sign", "apply")},
    "revoke": record(slug=TEXT, reason=TEXT, generation=COUNT),
}
"""Command → the schema of its answer, where it succeeds. `show` answers with the passport: schemas/schema.json."""
ERROR: Schema = {
    **record(error=record(message=TEXT, exit_status={"type": "integer", "minimum": 1})),
    "additionalProperties": True,
}
"""The answer of every command that fails; a run that a gate stopped has its report beside it."""


def schemas() -> dict[str, Schema]:
    """Return the name of each file → its schema."""
    report = RunReport.model_json_schema(mode="serialization")
    run = {**report.pop("$defs", {}), "RunReport": report}
    found = {}
    for command, schema in {**ANSWERS, "error": ERROR}.items():
        head = {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "$id": f"urn:passports:answer:{command.replace(' ', '-')}:{VERSION}",
            "title": "error" if command == "error" else f"passports {command} --json",
        }
        uses_report = "report" in schema["properties"]
        found[f"{command.replace(' ', '-')}.schema.json"] = {
            **head,
            **schema,
            **({"$defs": run} if uses_report else {}),
        }
    return found


def written(schema: Schema) -> str:
    return json.dumps(schema, indent=1) + "\n"


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name, schema in schemas().items():
        Path(FOLDER / name).write_text(written(schema), encoding="utf-8")
