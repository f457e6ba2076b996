"""The words that the Hugging Face Hub uses in its records, and the fields of them that we leave out."""

from typing import Final

PIPELINE_TAGS: Final = (
    "any-to-any", "audio-classification", "audio-text-to-text", "audio-to-audio", "automatic-speech-recognition",
    "biology", "conversational", "depth-estimation", "document-question-answering", "feature-extraction", "fill-mask",
    "graph-ml", "image-classification", "image-feature-extraction", "image-segmentation", "image-text-to-image",
    "image-text-to-text", "image-text-to-video", "image-to-3d", "image-to-image", "image-to-text", "image-to-video",
    "keypoint-detection", "mask-generation", "multiple-choice", "object-detection", "other", "protein-folding",
    "question-answering", "reinforcement-learning", "robotics", "sentence-similarity", "summarization",
    "table-question-answering", "table-to-text", "tabular-classification", "tabular-regression", "tabular-to-text",
    "text-classification", "text-generation", "text-ranking", "text-retrieval", "text-to-3d", "text-to-audio",
    "text-to-image", "text-to-speech", "text-to-video", "text2text-generation", "time-series-forecasting",
    "token-classification", "translation", "unconditional-image-generation", "video-classification",
    "video-text-to-text", "video-to-video", "visual-document-retrieval", "visual-question-answering",
    "voice-activity-detection", "zero-shot-classification", "zero-shot-image-classification",
    "zero-shot-object-detection",
)  # fmt: skip
"""Tasks of today's Hub, and those that it has since renamed ("conversational", "text2text-generation")."""

TOLD_TAGS: Final = frozenset([
    "code", "code-generation", "coding", "content-moderation", "conversational", "custom_code", "function calling",
    "function-calling", "guard", "guardian", "guardrail", "guardrails", "image-text-to-text", "image-to-video", "math",
    "mathematics", "moderation", "pytorch", "role-play", "roleplay", "safetensors", "text-to-speech", "text-to-video",
    "tool-calling", "tool-use",
])  # fmt: skip
"""Tags that rules ask for: each becomes a fact, beside the fact of the whole list."""

HUB_VOCABULARY: Final = frozenset([f"task:{word}" for word in PIPELINE_TAGS] + [f"tag:{word}" for word in TOLD_TAGS])
"""Every task and tag that `pipelines/rules/` maps, or explains as no capability."""

RELATIONS: Final = ("base", "finetune", "adapter", "quantized", "merge")
"""How a model was made from its base model; "base" is our word where no relation is stated."""

WEIGHT_TAGS: Final = frozenset(["safetensors", "gguf", "pytorch", "tf", "jax", "onnx", "keras", "coreml", "tflite"])
"""Tags that the Hub sets by the weight files that it finds."""

LANGUAGE_TAGS: Final = frozenset([
    "ab", "af", "am", "an", "ar", "as", "av", "ay", "az", "ba", "be", "bg", "bh", "bi", "bm", "bn", "bo", "br", "bs",
    "ca", "ce", "ch", "co", "cr", "cs", "cu", "cy", "da", "de", "dv", "dz", "ee", "el", "en", "eo", "es", "et", "eu",
    "fa", "ff", "fi", "fj", "fo", "fr", "fy", "ga", "gd", "gl", "gn", "gu", "gv", "ha", "he", "hi", "ho", "hr", "ht",
    "hu", "hy", "ia", "id", "ig", "ii", "ik", "is", "it", "iu", "ja", "jv", "ka", "kg", "ki", "kj", "kk", "kl", "km",
    "kn", "ko", "kr", "ks", "ku", "kv", "kw", "ky", "la", "lb", "lg", "li", "ln", "lo", "lt", "lu", "lv", "mg", "mh",
    "mi", "mk", "mn", "mr", "ms", "mt", "my", "na", "nb", "nd", "ne", "ng", "nl", "nn", "no", "nr", "nv", "ny", "oc",
    "oj", "om", "or", "os", "pa", "pi", "pl", "ps", "pt", "qu", "rm", "rn", "ro", "ru", "rw", "sa", "sc", "sd", "se",
    "sg", "si", "sk", "sl", "sm", "sn", "so", "sq", "sr", "ss", "st", "su", "sv", "sw", "ta", "te", "tg", "th", "ti",
    "tk", "tl", "tn", "to", "tr", "tt", "tw", "ty", "ug", "uk", "ur", "uz", "ve", "vi", "wa", "wo", "xh", "yi", "yo",
    "za", "zh", "zu",
])  # fmt: skip
"""Tags that are a language and nothing else: ISO 639-1 without the codes that authors also use as abbreviations of
something other ("ml" machine learning, "cv" computer vision, "ts", "io", "ie", "ae", "aa", "ak", "hz", "vo")."""

UNREAD_FIELDS: Final = frozenset(
    [
        "/modelId",  # the id under its former name
        "/author",  # the owner, who is part of the id
        "/private",  # a private repository is not answered with a record
        "/sha",  # the commit: the version of what was fetched
        "/config",  # how the files are loaded
        "/transformersInfo",  # likewise
        "/mask_token",  # likewise
        "/widgetData",  # examples for the page's form
        "/inference",  # whether the Hub itself runs it
        "/spaces",  # demonstrations that others made with it
        "/childrenModelCount",  # what others made of it
        "/baseModels",  # repeated among the tags
        "/trendingScore",  # a figure of the day
        "/downloadsAllTime",  # the downloads of the last month are read
        "/usedStorage",  # of all versions of its files together
        "/resourceGroup",  # how its owner orders its own repositories
        "/xetEnabled",  # how the Hub stores it
        "/gguf",  # of one of several files; the tags state that there are weights
        "/lastModifiedBy",  # a person
        "/securityRepoStatus",  # a scan of the files, whose verdict is not the maker's
        "/safetensors/parameters",  # the total is read
        "/safetensors/sharded",  # how the files are cut
        "/card_error",  # the Hub's own complaint about a card: the card is read itself
    ]
)
"""Known fields that are left out on purpose, each with its reason; what else `cardData` holds is its author's own."""
