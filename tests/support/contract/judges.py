"""The three validators of one contract: jsonschema, jsonschema-rs and the pydantic models."""

import json
from typing import Any

from pydantic import ValidationError

from pipelines.signing.contract import NOT_JSON, ContractError, conforms, schema_text
from pipelines.signing.contract_errors import ContractErrors
from schemas.passport.document import SignedDocument

THOROUGH = ContractErrors(json.loads(schema_text()))


def explain(document: object) -> list[ContractError]:
    """Every reason why a document is refused, in the order of schema.json; none where it conforms."""
    reasons = [ContractError(*reason) for reason in THOROUGH.reasons(document)]
    return reasons if reasons or conforms(document) else [NOT_JSON]


def models_accept(document: Any) -> bool:
    try:
        SignedDocument.model_validate_json(json.dumps(document))
    except ValidationError:
        return False
    return True


def verdicts(document: Any) -> dict[str, bool]:
    return {
        "jsonschema": not explain(document),
        "jsonschema-rs": conforms(document),
        "pydantic": models_accept(document),
    }


ALL_ACCEPT = {"jsonschema": True, "jsonschema-rs": True, "pydantic": True}
ALL_REFUSE = {"jsonschema": False, "jsonschema-rs": False, "pydantic": False}
