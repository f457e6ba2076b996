"""Invalid values of what our passports add to the format, each refused by all three validators."""

from tests.support.contract.corpus import A, P, T, U
from tests.support.contract.mutations import Spoiling, drop, extra, put, repeat

D = f"{A}/model"
F = f"{T}/freshness"
STRUCTURED, QUOTED, BY_CLASS, BY_ISSUER = (f"{U}/evidence/{place}" for place in range(4))
PRICED = f"{D}/prices/0"
OFFERED = f"{D}/offers/0"
PROVIDED = f"{D}/providers/0"
G = f"{U}/purposes/0"
B = f"{T}/score_basis"
S = f"{T}/assessment"
WHEN = f"{PROVIDED}/prices/0/when"

SIGNATURE_TERMS: tuple[Spoiling, ...] = (
    drop("no algorithm beside keyId", f"{P}/algorithm"),
    drop("no keyId beside the algorithm", f"{P}/keyId"),
    drop("no payloadType", f"{P}/payloadType"),
    drop("no expiresAt", f"{P}/expiresAt"),
    put("another algorithm", f"{P}/algorithm", "none"),
    put("algorithm is null", f"{P}/algorithm", None),
    put("keyId in a second spelling", f"{P}/keyId", "k" * 42 + "B"),
    put("keyId in base64", f"{P}/keyId", "+" * 42 + "A"),
    put("keyId with a line break after it", f"{P}/keyId", "k" * 42 + "A\n"),
    put("payloadType of another document", f"{P}/payloadType", "application/vnd.in-toto+json"),
    put("expiresAt is null", f"{P}/expiresAt", None),
)

LOGGED: tuple[Spoiling, ...] = (
    drop("no place in the log", "/_log/index"),
    extra("unknown key of the log", "/_log", "root"),
    put("log is null", "/_log", None),
    put("place before the log", "/_log/index", -1),
    put("place beyond every log", "/_log/index", 2**40),
    put("place that is a text", "/_log/index", "1"),
    put("log without entries", "/_log/size", 0),
    put("larger log than there is", "/_log/size", 2**40 + 1),
    put("proof in base64url", "/_log/proof/0", "-" * 43 + "="),
    put("hash of 31 bytes", "/_log/proof/0", "A" * 42 + "=="),
    put("hash in a second spelling", "/_log/proof/0", "A" * 42 + "B="),
    put("hash with a line break after it", "/_log/proof/0", "A" * 43 + "=\n"),
    put("proof of 41 hashes", "/_log/proof", ["A" * 43 + "="] * 41),
)

MODEL: tuple[Spoiling, ...] = (
    put("model is null", D, None),
    extra("unknown key in the model", D),
    drop("no licence key", f"{D}/licence"),
    put("licence is empty", f"{D}/licence", ""),
    put("open_weights is text", f"{D}/open_weights", "yes"),
    put("negative context", f"{D}/context_tokens", -1),
    put("context with a fraction", f"{D}/context_tokens", 0.5),
    put("context is text", f"{D}/context_tokens", "131072"),
    put("modalities are null", f"{D}/input_modalities", None),
    put("cut-off is a year", f"{D}/knowledge_cutoff", "2024"),
    put("cut-off in month 0", f"{D}/knowledge_cutoff", "2024-00"),
    put("cut-off on a day that was not", f"{D}/knowledge_cutoff", "2023-02-29"),
    put("release with a time", f"{D}/released_on", "2025-06-19T00:00:00.000Z"),
    put("release with a line break after it", f"{D}/released_on", "2025-06-19\n"),
    put("release as a week", f"{D}/released_on", "2025-W25-4"),
    put("release in the year 0", f"{D}/released_on", "0000-01-01"),
    put("expiry on a day that is not", f"{D}/expires_on", "2026-04-31"),
    extra("unknown key in a price", PRICED),
    put("price is a number", f"{PRICED}/usd", 0.00000015),
    put("price with an exponent", f"{PRICED}/usd", "1.5e-7"),
    put("negative price", f"{PRICED}/usd", "-1"),
    put("price with a leading zero", f"{PRICED}/usd", "00.1"),
    put("price with a line break after it", f"{PRICED}/usd", "0.1\n"),
    put("price in the digits of another script", f"{PRICED}/usd", "0.\u0661"),
    put("price ends in a point", f"{PRICED}/usd", "1."),
    put("condition is empty", WHEN, {}),
    put("condition is null", WHEN, None),
    extra("unknown condition", WHEN),
    drop("window without end", f"{WHEN}/utc_end"),
    put("window beyond midnight", f"{WHEN}/utc_end", 2401),
    put("threshold is null", f"{D}/prices/1/when/min_prompt_tokens", None),
    put("offer is neither free nor not free", f"{OFFERED}/free", None),
    extra("unknown key in an offer", OFFERED),
    put("variant is empty", f"{OFFERED}/variant", ""),
    put("provider status outside the list", f"{PROVIDED}/status", "sleepy"),
    put("uptime is a number", f"{PROVIDED}/uptime_percent", 99.87),
    put("uptime above 100", f"{PROVIDED}/uptime_percent", "100.1"),
    put("provider without prices", f"{PROVIDED}/prices", None),
)

FRESHNESS: tuple[Spoiling, ...] = (
    put("freshness is null", F, None),
    put("freshness of no source", f"{F}/sources", []),
    put("freshness verdict outside the list", f"{F}/sources/0/verdict", "ok"),
    drop("source without stale_after", f"{F}/sources/0/stale_after"),
    extra("unknown key in freshness", F),
    put("coverage is a ratio", f"{T}/coverage", 0.8),
    put("coverage with a fraction", f"{T}/coverage/stated", 14.5),
)

SCORED: tuple[Spoiling, ...] = (
    put("score basis is null", B, None),
    extra("unknown key in the score basis", B),
    drop("score basis without score_min", f"{B}/score_min"),
    put("score_max above 100", f"{B}/score_max", 101),
    put("score_min with a fraction", f"{B}/score_min", 17.5),
    put("checks are text", f"{B}/checks", "11"),
    put("signal above 1", f"{B}/signals/0/value", 1.01),
    put("signal outside the list", f"{B}/signals/0/name", "fame"),
    extra("unknown key in a signal", f"{B}/signals/0"),
    put("signals are null", f"{B}/signals", None),
    repeat("eight signals", f"{B}/signals", 8),
    put("unmet check without words", f"{B}/unmet/0", ""),
    put("component without data outside the list", f"{B}/without_data/0", "quality"),
    put("component without data twice", f"{B}/without_data", ["adoption", "adoption"]),
    put("assessment is null", S, None),
    extra("unknown dimension", S),
    drop("assessment without currency", f"{S}/currency"),
    drop("dimension without inputs", f"{S}/openness/inputs"),
    drop("dimension without value", f"{S}/openness/value"),
    extra("unknown key in a dimension", f"{S}/openness"),
    put("dimension above 1", f"{S}/provenance/value", 1.5),
    put("dimension is text", f"{S}/provenance/value", "0.5"),
    extra("unknown input", f"{S}/provenance/inputs"),
    put("uptime of the assessment is a number", f"{S}/availability/inputs/best_uptime_percent", 99.87),
    put("share of tool calls is a number", f"{S}/availability/inputs/tool_calls_succeed", 0.95),
    put("card is unknown", f"{S}/openness/inputs/card", None),
    put("status of the assessment outside the list", f"{S}/currency/inputs/status", "gone"),
    put("days beyond the calendar", f"{S}/currency/inputs/days_left", 4_000_001),
    put("days with a fraction", f"{S}/currency/inputs/days_left", 0.5),
    put("negative count of limits", f"{S}/safety_statements/inputs/limits_of_card", -1),
)

EVIDENCE: tuple[Spoiling, ...] = (
    put("evidence is null", f"{U}/evidence", None),
    extra("unknown key in evidence", STRUCTURED),
    drop("evidence without provenance", f"{U}/provenance"),
    drop("evidence without the model's facts", D),
    drop("evidence without freshness", F),
    drop("neither value nor quote", f"{STRUCTURED}/value", refused_at=f"{STRUCTURED}/quote"),
    put("value and quote", f"{STRUCTURED}/quote", "131072"),
    put("value is an object", f"{STRUCTURED}/value", {"context": 1}),
    put("value is a list of lists", f"{STRUCTURED}/value", [[1]], refused_at=f"{STRUCTURED}/value/0"),
    put("quote is null", f"{QUOTED}/quote", None),
    put("quote is empty", f"{QUOTED}/quote", ""),
    put("path without a slash", f"{STRUCTURED}/path", "artifact/model"),
    put("path into the envelope", f"{STRUCTURED}/path", "/unfragile/artifact"),
    put("path to the whole", f"{STRUCTURED}/path", ""),
    put("path with a padded index", f"{STRUCTURED}/path", "/capabilities/00"),
    put("path with a line break after it", f"{STRUCTURED}/path", "/trust/score\n"),
    put("source's word without address", f"{STRUCTURED}/url", None),
    put("source's word without digest", f"{QUOTED}/content_sha256", None),
    put("address is no web address", f"{STRUCTURED}/url", "file:///etc/passwd"),
    put("digest in upper case", f"{STRUCTURED}/content_sha256", "0F" * 32),
    put("digest with a line break after it", f"{STRUCTURED}/content_sha256", "0f" * 32 + "\n"),
    put("digest is short", f"{STRUCTURED}/content_sha256", "0f" * 31),
    put("method outside the list", f"{STRUCTURED}/method", "guess"),
    put("class asserted by a source", f"{BY_CLASS}/asserted_by", "openrouter"),
    put("class asserted by the issuer", f"{BY_CLASS}/asserted_by", "issuer"),
    put("field asserted by class", f"{BY_ISSUER}/asserted_by", "class"),
    put("class method on a source's word", f"{STRUCTURED}/method", "class", refused_at=f"{STRUCTURED}/asserted_by"),
    put("evidence observed on a day", f"{STRUCTURED}/observed_at", "2026-06-14"),
    drop("evidence without locator", f"{STRUCTURED}/locator"),
    put("taxonomy is null", f"{QUOTED}/taxonomy", None),
)

PURPOSES: tuple[Spoiling, ...] = (
    put("purposes are null", f"{U}/purposes", None),
    repeat("seven purposes", f"{U}/purposes", 7),
    extra("unknown key in a purpose", G),
    drop("purpose without intents", f"{G}/intents"),
    put("purpose id in upper case", f"{G}/id", "Coding"),
    put("purpose id with a line break after it", f"{G}/id", "coding\n"),
    put("purpose URI of another scheme", f"{G}/uri", "capability://code.editing"),
    put("purpose URI with an empty step", f"{G}/uri", "purpose://code..editing"),
    put("purpose URI with a line break after it", f"{G}/uri", "purpose://code.editing\n"),
    put("category of purpose outside the list", f"{G}/category", "cooking"),
    put("purpose without a name", f"{G}/name", ""),
)

REST: tuple[Spoiling, ...] = (
    repeat("conflict of one", f"{U}/conflicts/0/values", 1),
    extra("unknown key in a conflict", f"{U}/conflicts/0"),
    drop("claim without value", f"{U}/conflicts/0/values/0/value"),
    drop("claim without scope", f"{U}/conflicts/0/values/1/scope"),
    put("claim about an object", f"{U}/conflicts/0/values/0/value", {}),
    put("reason outside the list", f"{U}/unknowns/0/reason", "whatever"),
    put("unknowns are null", f"{U}/unknowns", None),
    put("sources asked is null", f"{U}/unknowns/0/sources", None),
    put("cause outside the list", f"{U}/provenance/cause", "because"),
    put("pipeline without version", f"{U}/provenance/pipeline", "passports"),
    put("rules digest is null", f"{U}/provenance/rules_sha256", None),
    extra("unknown key in provenance", f"{U}/provenance"),
)

SPOILINGS = SIGNATURE_TERMS + LOGGED + MODEL + FRESHNESS + SCORED + EVIDENCE + PURPOSES + REST
