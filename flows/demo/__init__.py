"""The bundled recording that `passports demo` crawls, and the loopback server that replays it.

The author tells facts from invented cases. Records of all authors but `example-lab` hold facts of OpenRouter's public
API: those of `GET /api/v1/models` on 2026-04-22, except for fields that the API did not have on that day. `reasoning`,
`benchmarks` (two of Claude Opus 4.7's arenas), and all of `nvidia/nemotron-3-super-120b-a12b` are as of 2026-06-18; the
distant `expiration_date` of `z-ai/glm-5v-turbo` and the endpoints of five models are as of 2026-07-12;
`alias_target` names the Claude Opus that was newest on 2026-04-22; `supported_voices` is null, and endpoint fields that
were not recorded are null or false. All records are replayed as observed at one instant, `RECORDED_AT`.
Every record by `example-lab` is invented: it has a shape that the API's OpenAPI document (2026-08-22) allows and that
no recorded one has, or hostile text; exactly one, `example-lab/negative-price`, cannot become a passport.
All descriptions were written for this recording.
`openrouter_facets.json` is invented, for the models of all authors: who is in the answers about all models (use cases,
endpoints without data retention, regions, success of tool calls, order by usage, tokens of a week) shows only what such
answers look like. Its providers alone are facts, of `GET /api/v1/providers` on 2026-05-07.
"""
