"""Licences and languages as authors write them."""

import pytest

from pipelines.normalise.huggingface.spellings import language_code, licence_id, licence_kinds
from pipelines.rules.declared import declared


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("apache-2.0", "apache-2.0"), ("apache-2", "apache-2.0"), ("Apache License, Version 2.0", "apache-2.0"),
        ("MIT", "mit"), ("The MIT License", "mit"), ("CC BY-NC-SA 4.0", "cc-by-nc-sa-4.0"),
        ("Creative Commons Attribution-NonCommercial 4.0", "cc-by-nc-4.0"), ("GPLv3", "gpl-3.0"),
        ("GNU General Public License v3.0", "gpl-3.0"), ("bsd-3", "bsd-3-clause"), ("Llama 3.1", "llama3.1"),
        ("openrail++", "openrail++"), ("cc0", "cc0-1.0"), ("other", "other"),
        ("???", None), ("apache", None), ("unknown", None), ("OpenRAIL-M", None), ("2.0", None), ("", None),
        ("MIT or Apache-2.0", None),
    ],
)  # fmt: skip
def test_a_licence_is_mapped_where_it_is_surely_meant(written: str, meant: str | None) -> None:
    assert licence_id(written) == meant


@pytest.mark.parametrize("code", declared().licence.ids)
def test_each_id_of_the_hub_is_itself(code: str) -> None:
    assert licence_id(code) == licence_id(code.upper()) == code


@pytest.mark.parametrize(
    ("licence", "kinds"),
    [
        ("apache-2.0", ()), ("gpl-3.0", ()), ("cc-by-sa-4.0", ()), ("cc-by-nc-4.0", ("non-commercial",)),
        ("cc-by-nc-nd-4.0", ("non-commercial", "no-derivatives")), ("cc-by-nd-4.0", ("no-derivatives",)),
        ("creativeml-openrail-m", ("forbids-uses",)), ("openrail++", ("forbids-uses",)),
        ("llama3.1", ("of-its-maker",)), ("gemma", ("of-its-maker",)), ("other", ("custom",)),
        ("marsh-research", ("non-commercial",)), ("marsh-community-licence", ("of-its-maker",)),
        ("marsh-1", ("custom",)), ("marsh_nc_2", ("non-commercial",)),
    ],
)  # fmt: skip
def test_a_licence_that_restricts_the_use_is_of_a_kind(licence: str, kinds: tuple[str, ...]) -> None:
    assert licence_kinds(licence) == kinds


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("en", "en"), ("EN", "en"), ("eng", "en"), ("English", "en"), ("ger", "de"), ("German", "de"),
        ("Chinese", "zh"), ("zh-tw", "zh-TW"), ("zh_CN", "zh-CN"), ("zh-hant", "zh-Hant"), ("nb-NO", "nb-NO"),
        ("pt-br", "pt-BR"), ("rm-sursilv", "rm-sursilv"), ("hsb", "hsb"), ("multilingual", "multilingual"),
        ("English Cszech", None), ("Italian Deustch", None), ("en-de", None), ("unk", None), ("noinfo", None),
        ("code", None), ("python", None), ("py", None), ("vn", None), ("???", None), ("<b>", None), ("", None),
        ("generated_from_trainer", None), ("x" * 200, None),
    ],
)  # fmt: skip
def test_a_language_is_mapped_where_it_is_surely_meant(written: str, code: str | None) -> None:
    assert language_code(written) == code


@pytest.mark.parametrize("line", declared().language.known)
def test_each_code_and_name_of_a_language_gives_its_code_of_two_letters(line: str) -> None:
    two, three, name = line.split(" ", 2)
    assert language_code(two) == language_code(three) == language_code(name.title()) == two
