"""Presidio's REST interface: the behaviours that its own end-to-end tests ask for, and bounds."""

from __future__ import annotations

import json
import logging
import time
from pathlib import Path
from typing import Any

import pytest
from presidio_anonymizer.operators import Encrypt
from starlette.testclient import TestClient

from governance.pii.custom import compile_linear
from server.api.presidio.body import MAX_TEXT
from server.app import create_app
from server.settings import Settings

LICENCE = "John Smith drivers license is AC432223"
FRENCH = "Mme Awa Diallo, née le 3 mars 1985, écrit de awa.diallo@exemple.fr au 06 12 34 56 78."
ZIP = {
    "name": "Zip code Recognizer",
    "supported_language": "en",
    "patterns": [{"name": "zip code (weak)", "regex": r"(\b\d{5}(?:\-\d{4})?\b)", "score": 0.01}],
    "supported_entity": "ZIP",
}


@pytest.fixture
def presidio(app: Any, secret: str) -> Any:
    """Calls the interface with a key; gives the status and the JSON."""
    client = TestClient(app)
    client.portal = app.state.portal

    def call(path: str, body: Any = None, **options: Any) -> tuple[int, Any]:
        headers = {"authorization": f"Bearer {secret}", "accept-language": "en"}
        if body is None:
            response = client.get(path, headers=headers, **options)
        elif isinstance(body, str | bytes):
            headers["content-type"] = "application/json"
            response = client.post(path, content=body, headers=headers, **options)
        else:
            response = client.post(path, json=body, headers=headers, **options)
        return response.status_code, response.json()

    return call


def found(text: str, results: list[dict[str, Any]]) -> dict[str, str]:
    return {text[each["start"] : each["end"]]: each["entity_type"] for each in results}


# The analyser


def test_a_text_is_analysed_in_presidio_s_fields(presidio: Any) -> None:
    status, results = presidio("/analyze", {"text": LICENCE, "language": "en"})
    assert status == 200
    assert found(LICENCE, results) == {"John Smith": "PERSON"}
    assert set(results[0]) == {"entity_type", "start", "end", "score", "analysis_explanation"}
    assert results[0]["analysis_explanation"] is None
    assert (results[0]["start"], results[0]["end"]) == (0, 10)


def test_french_is_what_it_is_for(presidio: Any) -> None:
    status, results = presidio("/analyze", {"text": FRENCH, "language": "fr"})
    assert status == 200
    assert found(FRENCH, results) == {
        "Awa Diallo": "PERSON",
        "3 mars 1985": "BIRTH_DATE",
        "awa.diallo@exemple.fr": "EMAIL_ADDRESS",
        "06 12 34 56 78": "PHONE_NUMBER",
    }
    scores = [each["score"] for each in results]
    assert scores == sorted(scores, reverse=True)


def test_a_list_of_texts_gets_a_list_of_lists(presidio: Any) -> None:
    status, results = presidio("/analyze", {"text": [LICENCE, "", LICENCE], "language": "en"})
    assert status == 200
    assert [len(each) for each in results] == [1, 0, 1]
    assert results[0] == results[2]


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({}, "No text provided"),
        ({"language": "en"}, "No text provided"),
        ({"text": "", "language": "en"}, "No text provided"),
        ({"text": [], "language": "en"}, "No text provided"),
        ({"text": LICENCE}, "No language provided"),
        (
            {"text": LICENCE, "language": "zz"},
            "No matching recognizers were found to serve the request.",
        ),
        (
            {"text": LICENCE, "language": "en", "entities": ["NOTHING"]},
            "No matching recognizers were found to serve the request.",
        ),
    ],
)
def test_what_is_missing_is_said_as_presidio_says_it(presidio: Any, body: Any, error: str) -> None:
    assert presidio("/analyze", body) == (500, {"error": error})


@pytest.mark.parametrize(
    "more", [{"correlation_id": "123"}, {"trace": "1"}, {"trace": "somedata"}, {"context": ["x"]}]
)
def test_fields_that_change_nothing_are_let_through(presidio: Any, more: Any) -> None:
    plain = presidio("/analyze", {"text": LICENCE, "language": "en"})
    assert presidio("/analyze", {"text": LICENCE, "language": "en", **more}) == plain


def test_a_threshold_leaves_out_what_is_less_sure(presidio: Any) -> None:
    asked = {"text": FRENCH, "language": "fr", "score_threshold": 0.9}
    _, results = presidio("/analyze", asked)
    assert found(FRENCH, results) == {"06 12 34 56 78": "PHONE_NUMBER"}


def test_only_the_entities_asked_for_are_found(presidio: Any) -> None:
    asked = {"text": FRENCH, "language": "fr", "entities": ["PERSON", "US_SSN"]}
    _, results = presidio("/analyze", asked)
    assert found(FRENCH, results) == {"Awa Diallo": "PERSON"}


def test_presidio_s_own_names_are_answered_by_the_same_name(presidio: Any) -> None:
    text = "Née le 3 mars 1985, elle habite 12 rue des Lilas, 69003 Lyon, ou bien à Marseille."
    asked = {"text": text, "language": "fr", "entities": ["DATE_TIME", "LOCATION"]}
    _, results = presidio("/analyze", asked)
    assert found(text, results) == {
        "3 mars 1985": "DATE_TIME",
        "12 rue des Lilas, 69003 Lyon": "LOCATION",
        "Marseille": "LOCATION",
    }
    asked["entities"] = ["LOCATION", "FR_ADDRESS"]
    _, results = presidio("/analyze", asked)
    assert found(text, results)["12 rue des Lilas, 69003 Lyon"] == "FR_ADDRESS"


@pytest.mark.parametrize("explained", [0, False, None])
def test_no_explanation_unless_it_is_asked_for(presidio: Any, explained: Any) -> None:
    asked = {"text": LICENCE, "language": "en", "return_decision_process": explained}
    _, results = presidio("/analyze", asked)
    assert [each["analysis_explanation"] for each in results] == [None]


def test_an_explanation_names_the_recognizer_and_the_rule(presidio: Any) -> None:
    asked = {"text": FRENCH, "language": "fr", "return_decision_process": True}
    _, results = presidio("/analyze", asked)
    why = {each["entity_type"]: each["analysis_explanation"] for each in results}
    assert why["PHONE_NUMBER"] == {
        "recognizer": "Phone",
        "pattern_name": "national",
        "pattern": None,
        "original_score": 1.0,
        "score": 1.0,
        "textual_explanation": ("Found by Phone: it is a number of the French numbering plan."),
        "score_context_improvement": 0.0,
        "supportive_context_word": "",
        "validation_result": True,
    }
    assert why["PERSON"]["validation_result"] is None


def test_the_charter_s_own_entities_of_the_service_are_found(presidio: Any) -> None:
    text = "Le dossier DOS-4321 est clos."
    _, results = presidio("/analyze", {"text": text, "language": "fr"})
    assert found(text, results) == {"DOS-4321": "NUMERO_DOSSIER"}
    assert "NUMERO_DOSSIER" in presidio("/supportedentities?language=fr")[1]
    assert "Charter" in presidio("/recognizers?language=fr")[1]


def test_the_lists_are_those_of_a_language(presidio: Any) -> None:
    for query in ("language=en", "language=fr", "unknown=input", ""):
        status, entities = presidio(f"/supportedentities?{query}")
        assert status == 200
        assert {"PERSON", "FR_NIR", "EMAIL_ADDRESS", "IBAN_CODE"} <= set(entities)
        status, recognizers = presidio(f"/recognizers?{query}")
        assert status == 200
        assert {"PersonByModel", "FrNir", "Email"} <= set(recognizers)
    for path in ("/supportedentities", "/recognizers"):
        assert presidio(f"{path}?language=he") == (
            500,
            {"error": "No matching recognizers were found to serve the request."},
        )


# Recognizers that a request brings

WITH_ZIP = "John Smith drivers license is AC432223. Zip code: 10023"


def test_a_pattern_of_the_request_finds_with_its_own_score(presidio: Any) -> None:
    asked = {"text": WITH_ZIP, "language": "en", "ad_hoc_recognizers": [ZIP]}
    _, results = presidio("/analyze", asked)
    assert [each for each in results if each["entity_type"] == "ZIP"] == [
        {"entity_type": "ZIP", "start": 50, "end": 55, "score": 0.01, "analysis_explanation": None}
    ]
    # Another language's is not used, and an entity that is not asked for is not found.
    assert (
        "ZIP" not in found(WITH_ZIP, presidio("/analyze", {**asked, "language": "fr"})[1]).values()
    )
    asked["entities"] = ["PERSON"]
    assert found(WITH_ZIP, presidio("/analyze", asked)[1]) == {"John Smith": "PERSON"}


def test_a_word_of_context_makes_it_surer(presidio: Any) -> None:
    helped = {**ZIP, "context": ["zip", "code"]}
    asked = {"text": WITH_ZIP, "language": "en", "ad_hoc_recognizers": [helped]}
    asked["return_decision_process"] = True
    _, results = presidio("/analyze", asked)
    (zip_code,) = [each for each in results if each["entity_type"] == "ZIP"]
    assert zip_code["score"] == 0.4
    why = zip_code["analysis_explanation"]
    assert (why["original_score"], why["supportive_context_word"]) == (0.01, "zip")
    assert why["pattern"] == ZIP["patterns"][0]["regex"]  # type: ignore[index]
    alone = {"text": "Here: 10023", "language": "en", "ad_hoc_recognizers": [helped]}
    assert presidio("/analyze", alone)[1][0]["score"] == 0.01
    alone["context"] = ["Zip number"]
    assert presidio("/analyze", alone)[1][0]["score"] == 0.4


def test_a_deny_list_finds_its_words_alone(presidio: Any) -> None:
    text = "Mr. John Smith, MISTER Nobody, amister; İ Mr."
    titles = {"supported_entity": "TITLE", "deny_list": ["Mr.", "Mister"]}
    asked = {"text": text, "language": "en", "ad_hoc_recognizers": [titles], "entities": ["TITLE"]}
    _, results = presidio("/analyze", asked)
    assert [(each["start"], each["score"]) for each in results] == [(0, 1.0), (16, 1.0), (42, 1.0)]


@pytest.mark.parametrize(
    ("recognizer", "field"),
    [
        (
            {
                "patterns": [{"type": "zip", "bebex": "x", "confidence": 0.1}],
                "supported_entity": "ZIP",
            },
            "patterns[0].type",
        ),
        ({"patterns": [{"regex": "a(?=b)", "score": 1}], "supported_entity": "Z"}, "regex"),
        ({"patterns": [{"regex": r"(a)\1", "score": 1}], "supported_entity": "Z"}, "regex"),
        ({"patterns": [{"regex": "(", "score": 1}], "supported_entity": "Z"}, "regex"),
        ({"patterns": [{"regex": "x" * 400, "score": 1}], "supported_entity": "Z"}, "regex"),
        ({"patterns": [{"regex": "a*", "score": 1}], "supported_entity": "Z"}, "regex"),
        ({"patterns": [{"regex": "a", "score": 2}], "supported_entity": "Z"}, "score"),
        ({"patterns": [{"regex": "a"}], "supported_entity": "Z"}, "score"),
        ({"patterns": "a", "supported_entity": "Z"}, "patterns"),
        ({"supported_entity": "Z"}, "patterns"),
        ({"deny_list": ["a"]}, "supported_entity"),
        ({"deny_list": [1], "supported_entity": "Z"}, "deny_list"),
        ("a", "ad_hoc_recognizers[0]"),
    ],
)
def test_a_wrong_recognizer_is_refused_by_the_name_of_its_field(
    presidio: Any, recognizer: Any, field: str
) -> None:
    asked = {"text": WITH_ZIP, "language": "en", "ad_hoc_recognizers": [recognizer]}
    status, body = presidio("/analyze", asked)
    assert status == 400
    assert field in body["error"]


def test_a_hostile_pattern_cannot_hold_the_server(presidio: Any) -> None:
    text = "a" * 60_000 + "!"
    recognizer = {
        "supported_entity": "Z",
        "patterns": [{"regex": r"(a+)+$", "score": 1}, {"regex": r"(a|aa)+b", "score": 1}],
        "deny_list": ["a" * 199 + "b", "aa"],
    }
    asked = {"text": text, "language": "en", "entities": ["Z"], "ad_hoc_recognizers": [recognizer]}
    presidio("/analyze", {"text": text, "language": "en"})
    started = time.monotonic()
    status, _ = presidio("/analyze", asked)
    assert status == 200
    assert time.monotonic() - started < 5


def test_too_many_finds_are_a_clear_error(presidio: Any) -> None:
    recognizer = {"supported_entity": "Z", "patterns": [{"regex": "a", "score": 1}]}
    asked = {"text": "a " * 60_000, "language": "en", "ad_hoc_recognizers": [recognizer]}
    status, body = presidio("/analyze", asked)
    assert status == 413
    assert "ad_hoc_recognizers" in body["error"]


# What the caller allows

MAIL = "email: admin@github.com"


@pytest.mark.parametrize(
    ("text", "more", "entities"),
    [
        (MAIL, {"allow_list": ["admin@github.com"]}, []),
        (MAIL, {"allow_list": [".*@github.com"], "allow_list_match": "regex"}, []),
        (MAIL, {"allow_list": [".*@github.com"]}, ["EMAIL_ADDRESS"]),
        (
            "email: admin@GitHub.com",
            {"allow_list": [".*@github.com"], "allow_list_match": "regex", "regex_flags": 0},
            ["EMAIL_ADDRESS"],
        ),
        ("email: admin@GitHub.com", {"allow_list": ["@github"], "allow_list_match": "regex"}, []),
    ],
)
def test_what_is_allowed_is_left_out(
    presidio: Any, text: str, more: Any, entities: list[str]
) -> None:
    status, results = presidio("/analyze", {"text": text, "language": "en", **more})
    assert status == 200
    assert [each["entity_type"] for each in results] == entities


def test_an_allow_list_is_matched_exactly_or_by_expression(presidio: Any) -> None:
    asked = {"text": MAIL, "language": "en", "allow_list": ["("], "allow_list_match": "regex"}
    assert presidio("/analyze", asked)[0] == 400
    asked["allow_list_match"] = "fuzzy"
    status, body = presidio("/analyze", asked)
    assert status == 400 and "allow_list_match" in body["error"]


# The anonymiser

JANE = "hello world, my name is Jane Doe. My number is: 034453334"
JANE_FOUND = [
    {"start": 24, "end": 32, "score": 0.8, "entity_type": "NAME"},
    {"start": 24, "end": 28, "score": 0.8, "entity_type": "FIRST_NAME"},
    {"start": 29, "end": 32, "score": 0.6, "entity_type": "LAST_NAME"},
    {"start": 48, "end": 57, "score": 0.95, "entity_type": "PHONE_NUMBER"},
]
MASK = {"type": "mask", "masking_char": "*", "chars_to_mask": 4, "from_end": True}


def test_each_entity_has_its_operator(presidio: Any) -> None:
    asked = {
        "text": JANE,
        "anonymizers": {
            "DEFAULT": {"type": "replace", "new_value": "ANONYMIZED"},
            "PHONE_NUMBER": MASK,
        },
        "analyzer_results": JANE_FOUND,
    }
    assert presidio("/anonymize", asked) == (
        200,
        {
            "text": "hello world, my name is ANONYMIZED. My number is: 03445****",
            "items": [
                {
                    "operator": "mask",
                    "entity_type": "PHONE_NUMBER",
                    "start": 50,
                    "end": 59,
                    "text": "03445****",
                },
                {
                    "operator": "replace",
                    "entity_type": "NAME",
                    "start": 24,
                    "end": 34,
                    "text": "ANONYMIZED",
                },
            ],
        },
    )


@pytest.mark.parametrize("text", ["", "hello world! nice to meet you!"])
def test_nothing_found_changes_nothing(presidio: Any, text: str) -> None:
    asked = {"text": text, "anonymizers": {"DEFAULT": MASK}, "analyzer_results": []}
    assert presidio("/anonymize", asked) == (200, {"text": text, "items": []})


def test_the_default_is_the_name_of_the_entity(presidio: Any) -> None:
    person = {"start": 0, "end": 10, "score": 0.85, "entity_type": "PERSON"}
    asked = {
        "text": LICENCE,
        "anonymizers": {"ABC": {"type": "redact"}},
        "analyzer_results": [person],
    }
    assert presidio("/anonymize", asked)[1]["text"] == "<PERSON> drivers license is AC432223"
    del asked["anonymizers"]
    assert presidio("/anonymize", asked)[1]["text"] == "<PERSON> drivers license is AC432223"


@pytest.mark.parametrize(
    ("anonymizers", "expected"),
    [
        (
            {"NAME": {"type": "keep"}, "LOCATION": {"type": "replace"}},
            "I'm George Washington<LOCATION>",
        ),
        (
            {"NAME": {"type": "replace"}, "LOCATION": {"type": "keep"}},
            "I'm <NAME>Washington Square Park",
        ),
        ({"DEFAULT": {"type": "keep"}}, "I'm George WashingtonWashington Square Park"),
        ({"DEFAULT": {"type": "redact"}}, "I'm "),
    ],
)
def test_results_that_overlap_are_settled_as_presidio_does(
    presidio: Any, anonymizers: Any, expected: str
) -> None:
    results = [
        {"start": 4, "end": 21, "score": 0.8, "entity_type": "NAME"},
        {"start": 11, "end": 33, "score": 0.8, "entity_type": "LOCATION"},
    ]
    asked = {
        "text": "I'm George Washington Square Park",
        "anonymizers": anonymizers,
        "analyzer_results": results,
    }
    status, body = presidio("/anonymize", asked)
    assert (status, body["text"]) == (200, expected)


def test_a_hash_is_the_same_for_the_same_salt(presidio: Any) -> None:
    def digest(**parameters: Any) -> tuple[int, Any]:
        asked = {
            "text": "Jane",
            "anonymizers": {"DEFAULT": {"type": "hash", **parameters}},
            "analyzer_results": [{"start": 0, "end": 4, "score": 1, "entity_type": "PERSON"}],
        }
        status, body = presidio("/anonymize", asked)
        return status, body.get("text")

    salted = {"salt": "0123456789abcdef"}
    assert digest(**salted) == digest(hash_type="sha256", **salted)
    assert len(digest(hash_type="sha512", **salted)[1]) == 128
    assert digest() != digest()
    assert digest(salt="short")[0] == digest(hash_type="md5")[0] == 422


@pytest.mark.parametrize("key", ["1" * 16, "é" * 12, "3" * 32])
def test_what_is_encrypted_is_decrypted(presidio: Any, key: str) -> None:
    text = "Lorem Ipsum is a Software Engineer"
    results = [{"start": 18, "end": 34, "score": 0.8, "entity_type": "TITLE"}]
    asked = {
        "text": text,
        "anonymizers": {"TITLE": {"type": "encrypt", "key": key}},
        "analyzer_results": results,
    }
    status, hidden = presidio("/anonymize", asked)
    assert status == 200 and "Engineer" not in hidden["text"]
    back = {
        "text": hidden["text"],
        "deanonymizers": {"DEFAULT": {"type": "decrypt", "key": key}},
        "anonymizer_results": hidden["items"],
    }
    status, shown = presidio("/deanonymize", back)
    assert (status, shown["text"]) == (200, text)
    assert shown["items"][0]["operator"] == "decrypt"
    for wrong in ("2" * 16, "invalidkey"):
        back["deanonymizers"] = {"DEFAULT": {"type": "decrypt", "key": wrong}}
        status, refused = presidio("/deanonymize", back)
        assert status == 422 and "Engineer" not in refused["error"]
    assert refused["error"] == "Invalid input, key must be of length 128, 192 or 256 bits"


def test_a_text_that_presidio_s_library_encrypted_is_read(presidio: Any) -> None:
    text = Encrypt().operate("le texte d'origine", {"key": "1" * 16})
    asked = {
        "text": text,
        "deanonymizers": {"NUMBER": {"type": "decrypt", "key": "1" * 16}},
        "anonymizer_results": [{"start": 0, "end": len(text), "entity_type": "NUMBER"}],
    }
    expected = {
        "start": 0,
        "end": 18,
        "operator": "decrypt",
        "text": "le texte d'origine",
        "entity_type": "NUMBER",
    }
    assert presidio("/deanonymize", asked) == (
        200,
        {"text": "le texte d'origine", "items": [expected]},
    )
    asked["deanonymizers"] = {"OTHER": {"type": "decrypt", "key": "1" * 16}}
    assert presidio("/deanonymize", asked)[0] == 422


def test_without_results_a_text_comes_back(presidio: Any) -> None:
    assert presidio("/deanonymize", {"text": "abc"}) == (200, {"text": "abc", "items": []})
    assert presidio("/deanonymize", {"key": "1" * 16}) == (200, {"text": "", "items": []})


@pytest.mark.parametrize("path", ["/anonymize", "/deanonymize"])
def test_an_empty_object_is_no_request(presidio: Any, path: str) -> None:
    assert presidio(path, {}) == (400, {"error": "Invalid request json"})


def result_of(**changes: Any) -> dict[str, Any]:
    whole = {"start": 0, "end": 3, "score": 1, "entity_type": "PERSON", **changes}
    return {name: value for name, value in whole.items() if value is not ...}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"anonymizers": {"DEFAULT": {"type": "custom", "new_value": "lambda x: x"}}}, 400),
        ({"anonymizers": {"DEFAULT": {"type": "surrogate_ahds"}}}, 422),
        ({"anonymizers": {"DEFAULT": {}}}, 422),
        ({"anonymizers": {"DEFAULT": "mask"}}, 422),
        ({"anonymizers": ["mask"]}, 422),
        ({"anonymizers": {"DEFAULT": {"type": "mask"}}}, 422),
        ({"anonymizers": {"DEFAULT": {**MASK, "masking_char": "**"}}}, 422),
        ({"anonymizers": {"DEFAULT": {**MASK, "chars_to_mask": -1}}}, 422),
        ({"anonymizers": {"DEFAULT": {"type": "encrypt", "key": "short"}}}, 422),
        ({"anonymizers": {"DEFAULT": {"type": "encrypt"}}}, 422),
        ({"anonymizers": {"DEFAULT": {"type": "replace", "new_value": {"a": 1}}}}, 422),
        ({"analyzer_results": None}, 422),
        ({"analyzer_results": {}}, 422),
        ({"analyzer_results": [1]}, 422),
        ({"analyzer_results": [result_of(end=...)]}, 422),
        ({"analyzer_results": [result_of(score=...)]}, 422),
        ({"analyzer_results": [result_of(start=-1)]}, 422),
        ({"analyzer_results": [result_of(start=3, end=1)]}, 422),
        ({"analyzer_results": [result_of(end=99)]}, 422),
        ({"analyzer_results": [result_of(start="0")]}, 422),
        ({"analyzer_results": [result_of(entity_type="")]}, 422),
        ({"text": ["abc"]}, 422),
        ({"analyzer_results": [result_of()] * 5001}, 413),
        ({"text": "a" * (MAX_TEXT + 1)}, 413),
    ],
)
def test_a_wrong_request_is_a_clear_error(presidio: Any, body: Any, status: int) -> None:
    asked = {"text": "abc", "analyzer_results": [result_of()], **body}
    given, answer = presidio("/anonymize", asked)
    assert given == status
    assert set(answer) == {"error"} and isinstance(answer["error"], str) and answer["error"]


def test_no_request_makes_the_answer_explode(presidio: Any) -> None:
    text = "a" * 100_000
    staggered = [result_of(start=n, end=90_000 + n, entity_type=f"E{n}") for n in range(1_000)]
    asked = {
        "text": text,
        "anonymizers": {"DEFAULT": {"type": "keep"}},
        "analyzer_results": staggered,
    }
    assert presidio("/anonymize", asked)[0] == 413
    many = [result_of(start=2 * n, end=2 * n + 1) for n in range(5_000)]
    asked = {
        "text": "a " * 5_000,
        "anonymizers": {"DEFAULT": {"type": "replace", "new_value": "x" * 900}},
        "analyzer_results": many,
    }
    assert presidio("/anonymize", asked)[0] == 413
    asked["anonymizers"] = {"DEFAULT": {"type": "redact"}}
    started = time.monotonic()
    assert presidio("/anonymize", asked)[0] == 200
    assert time.monotonic() - started < 5


def test_the_operators_are_listed_without_those_that_are_refused(presidio: Any) -> None:
    assert set(presidio("/anonymizers")[1]) == {
        *("replace", "redact", "mask", "hash", "encrypt", "keep", "pseudonymise")
    }
    assert "decrypt" in presidio("/deanonymizers")[1]


# From one to the other


def test_what_is_analysed_is_anonymised(presidio: Any) -> None:
    _, results = presidio("/analyze", {"text": FRENCH, "language": "fr"})
    _, body = presidio("/anonymize", {"text": FRENCH, "analyzer_results": results})
    assert (
        body["text"]
        == "Mme <PERSON>, née le <BIRTH_DATE>, écrit de <EMAIL_ADDRESS> au <PHONE_NUMBER>."
    )


# Sobria's own operator


def pseudonymised(presidio: Any, text: str, key: str = "k" * 32) -> dict[str, Any]:
    _, results = presidio("/analyze", {"text": text, "language": "fr"})
    asked = {
        "text": text,
        "anonymizers": {"DEFAULT": {"type": "pseudonymise", "key": key}},
        "analyzer_results": results,
    }
    status, body = presidio("/anonymize", asked)
    assert status == 200, body
    return dict(body)


def restore(presidio: Any, text: str, mapping: str, key: str = "k" * 32) -> tuple[int, Any]:
    asked = {
        "text": text,
        "mapping": mapping,
        "deanonymizers": {"DEFAULT": {"type": "restore", "key": key}},
    }
    status, body = presidio("/deanonymize", asked)
    return status, body.get("text", body.get("error"))


def test_pseudonyms_are_numbered_in_order_and_restored_with_the_key(presidio: Any) -> None:
    text = "Mme Awa Diallo et M. Jean Martin ont écrit. Mme Diallo insiste ; US : DOS-1234."
    hidden = pseudonymised(presidio, text)
    assert hidden["text"] == (
        "Mme [PERSONNE_1] et M. [PERSONNE_2] ont écrit. Mme [PERSONNE_1_NOM] insiste ; "
        "US : [DOSSIER_1]."
    )
    assert "Diallo" not in json.dumps(hidden)
    assert restore(presidio, hidden["text"], hidden["mapping"]) == (200, text)
    answer = "Bonjour [personne 1], M. [PERSONNE_2] est dans le dossier DOSSIER_1. [PERSONNE_7] ?"
    assert restore(presidio, answer, hidden["mapping"])[1] == (
        "Bonjour Awa Diallo, M. Jean Martin est dans le dossier DOS-1234. [PERSONNE_7] ?"
    )


def test_without_the_key_a_mapping_says_nothing(presidio: Any) -> None:
    hidden = pseudonymised(presidio, FRENCH)
    for mapping, key in (
        (hidden["mapping"], "x" * 32),
        (hidden["mapping"][:-8] + "AAAAAAA=", "k" * 32),
        ("", "k" * 32),
        ("é", "k" * 32),
    ):
        status, error = restore(presidio, "[PERSONNE_1]", mapping, key)
        assert status == 422 and "mapping" in error
    assert restore(presidio, "[PERSONNE_1]", hidden["mapping"], "short")[0] == 422


def test_what_the_charter_never_restores_stays(presidio: Any) -> None:
    text = "Le NIR de Mme Awa Diallo est 2 85 03 75 116 001 74."
    hidden = pseudonymised(presidio, text)
    assert hidden["text"] == "Le NIR de Mme [PERSONNE_1] est [NIR_1]."
    shown = restore(presidio, hidden["text"], hidden["mapping"])
    assert shown == (200, "Le NIR de Mme Awa Diallo est [NIR_1].")


def test_a_placeholder_typed_by_hand_is_nobody(presidio: Any) -> None:
    text = "[PERSONNE_1] a vu Mme Awa Diallo."
    hidden = pseudonymised(presidio, text)
    assert hidden["text"] == "[PERSONNE_1] a vu Mme [PERSONNE_2]."
    assert restore(presidio, hidden["text"], hidden["mapping"]) == (200, text)


def test_an_entity_that_sobria_does_not_know_has_a_placeholder_too(presidio: Any) -> None:
    asked = {
        "text": "SSN 123",
        "anonymizers": {"DEFAULT": {"type": "pseudonymise", "key": "k" * 16}},
        "analyzer_results": [result_of(start=4, end=7, entity_type="US_SSN")],
    }
    _, hidden = presidio("/anonymize", asked)
    assert hidden["text"] == "SSN [DONNEE_1]"
    assert restore(presidio, hidden["text"], hidden["mapping"], "k" * 16) == (200, "SSN 123")


# Who may call, and what is kept


@pytest.mark.parametrize(
    "path",
    ["/analyze", "/anonymize", "/deanonymize", "/recognizers", "/supportedentities",
     "/anonymizers", "/deanonymizers"],
)  # fmt: skip
def test_a_key_is_needed(app: Any, path: str) -> None:
    client = TestClient(app)
    client.portal = app.state.portal
    posted = path in ("/analyze", "/anonymize", "/deanonymize")
    for headers in ({}, {"authorization": "Bearer sob_nothing"}, {"authorization": "Basic x"}):
        response = client.request("POST" if posted else "GET", path, headers=headers, json={})
        assert response.status_code == 401
        assert set(response.json()) == {"error"} and isinstance(response.json()["error"], str)
        assert response.headers["www-authenticate"] == "Bearer"
    wrong = client.request("GET" if posted else "POST", path)
    assert wrong.status_code == 405 and isinstance(wrong.json()["error"], str)


def test_health_says_nothing_more(app: Any) -> None:
    client = TestClient(app)
    client.portal = app.state.portal
    response = client.get("/health")
    assert (response.status_code, response.text) == (200, "Sobria service is up")


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"{", 400),
        (b'{"text": "a",}', 400),
        (b"[1]", 400),
        (b'"a"', 400),
        (b'{"text": "a", "language": "fr", "score_threshold": NaN}', 400),
        (b"[" * 100_000, 400),
        (b'{"a": ' + b"9" * 5_000 + b"}", 400),
        (b"\xff\xfe{}", 400),
        (b'{"text": "' + b"a" * 1_100_000 + b'"}', 413),
    ],
)
def test_a_broken_body_is_a_clear_error(presidio: Any, content: bytes, status: int) -> None:
    for path in ("/analyze", "/anonymize", "/deanonymize"):
        given, body = presidio(path, content)
        assert given == status
        assert set(body) == {"error"} and isinstance(body["error"], str)


def test_a_body_must_be_announced_as_json(app: Any, secret: str) -> None:
    client = TestClient(app)
    client.portal = app.state.portal
    headers = {"authorization": f"Bearer {secret}", "content-type": "text/plain"}
    response = client.post("/analyze", content=b"{}", headers=headers)
    assert response.status_code == 415 and set(response.json()) == {"error"}


@pytest.mark.parametrize(
    "body",
    [
        {"text": "a" * (MAX_TEXT + 1)},
        {"text": ["a"] * 101},
        {"text": ["a", "b" * (MAX_TEXT + 1)]},
        {"text": "a", "ad_hoc_recognizers": [ZIP] * 21},
    ],
)
def test_bounds_are_told(presidio: Any, body: Any) -> None:
    status, answer = presidio("/analyze", {"language": "fr", **body})
    assert status == 413 and any(limit in answer["error"] for limit in ("200000", "100", "20"))


@pytest.mark.parametrize("text", [1, {"a": 1}, [1], [["a"]]])
def test_a_text_is_a_text(presidio: Any, text: Any) -> None:
    assert presidio("/analyze", {"text": text, "language": "fr"})[0] == 400


def test_half_a_character_goes_through(presidio: Any) -> None:
    body = '{"text": "Mme Awa Diallo \\ud800", "language": "fr"}'
    status, results = presidio("/analyze", body)
    assert status == 200 and results[0]["entity_type"] == "PERSON"
    person = json.dumps([result_of(start=4, end=14)])
    body = f'{{"text": "Mme Awa Diallo \\ud800", "analyzer_results": {person}}}'
    status, answer = presidio("/anonymize", body)
    assert status == 200 and answer["text"] == "Mme <PERSON> \ud800"


def test_a_failure_of_the_analyser_says_nothing_of_the_text(
    presidio: Any, parts: Any, capsys: Any, caplog: Any
) -> None:
    parts.analyzer.broken = True
    with caplog.at_level(logging.DEBUG):
        status, body = presidio("/analyze", {"text": FRENCH, "language": "fr"})
    assert status == 500 and set(body) == {"error"}
    told = body["error"] + caplog.text + "".join(capsys.readouterr())
    assert "Diallo" not in told


def test_texts_are_neither_logged_nor_stored(
    presidio: Any, parts: Any, settings: Settings, capsys: Any, caplog: Any
) -> None:
    size = parts.audit.head().size
    with caplog.at_level(logging.DEBUG):
        hidden = pseudonymised(presidio, FRENCH)
        restore(presidio, hidden["text"], hidden["mapping"])
        presidio("/anonymize", {"text": FRENCH, "analyzer_results": [result_of(end=9_999)]})
        presidio("/analyze", {"text": FRENCH, "language": "fr", "ad_hoc_recognizers": ["Diallo"]})
    told = caplog.text + "".join(capsys.readouterr())
    assert "Diallo" not in told and "awa.diallo" not in told
    assert parts.audit.head().size == size
    for path in Path(settings.data_dir).rglob("*"):
        if path.is_file():
            assert b"Diallo" not in path.read_bytes()


def test_errors_of_ours_are_in_the_caller_s_language(app: Any, secret: str) -> None:
    client = TestClient(app)
    client.portal = app.state.portal
    headers = {"authorization": f"Bearer {secret}", "accept-language": "fr"}
    response = client.post("/analyze", json={"text": 1, "language": "fr"}, headers=headers)
    assert response.json()["error"].startswith("« text »".replace(" ", "\N{NO-BREAK SPACE}"))
    asked = {"text": FRENCH, "language": "fr", "return_decision_process": True}
    (first, *_) = client.post("/analyze", json=asked, headers=headers).json()
    assert "plan de numérotation" in first["analysis_explanation"]["textual_explanation"]


def test_the_routes_are_there_only_if_the_settings_say_so(settings: Settings) -> None:
    import scripted  # type: ignore[import-not-found]

    closed = scripted.make_parts(settings.model_copy(update={"presidio_api": False}))
    with TestClient(create_app(closed), headers={"accept": "*/*"}) as client:
        for path in ("/analyze", "/anonymize", "/deanonymize"):
            assert client.post(path, json={}).status_code == 404
        assert client.get("/health").status_code == 404
        assert client.get("/health/live").status_code == 200
    closed.database.dispose()


def test_the_pattern_that_presidio_s_documentation_shows_is_linear() -> None:
    assert list(compile_linear(ZIP["patterns"][0]["regex"]).finditer("10023"))  # type: ignore[index]
