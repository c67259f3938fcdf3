"""The weights of the model of names: those shipped fit, and others are refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import spacy

from governance.pii.names import weights
from governance.pii.names.name_model import NameModel
from governance.pii.names.nlp import MODEL, UNUSED
from governance.pii.names.token_vectors import UnknownModel

TEXT = (
    "Bonjour Solenn, hier Mme Balde est venue de Conakry avec l'acte. Awa Ndiaye-Le Goff a reçu "
    "le devis de la société Hydrotech, puis Perrine a prévenu Jean de La Fontaine à Brest.\n"
)


@pytest.fixture(scope="module")
def pipeline() -> Any:
    nlp = spacy.load(MODEL, exclude=UNUSED)
    weights.apply(nlp.get_pipe("ner"))
    return nlp


def test_the_model_is_read_as_spacy_reads_it(pipeline: Any) -> None:
    model = NameModel(pipeline.get_pipe("ner"), pipeline.vocab)
    document = pipeline.make_doc(TEXT)
    ours = [(each.start, each.end, each.label) for each in model(model.read(document)).guesses]
    theirs = [(each.start_char, each.end_char, each.label_) for each in pipeline(TEXT).ents]
    assert ours == theirs
    assert any(label == "PER" for _, _, label in ours)


def test_what_is_read_tells_how_likely_a_name_begins_at_each_word(pipeline: Any) -> None:
    model = NameModel(pipeline.get_pipe("ner"), pipeline.vocab)
    reading = model(model.read(pipeline.make_doc(TEXT)))
    solenn, acte, conakry = TEXT.index("Solenn"), TEXT.index("acte"), TEXT.index("Conakry")
    assert reading.of_person(solenn, solenn + 6) > 0.5
    assert reading.of_person(acte, acte + 4) < 0.1
    assert reading.of_place(conakry, conakry + 7) > 0.5
    # Inside of a word, the word counts; beyond the text, nothing does.
    assert reading.of_person(solenn + 2, solenn + 4) == reading.of_person(solenn, solenn + 6)
    assert model(model.read(pipeline.make_doc(""))).of_person(0, 4) == 0.0


def test_weights_that_are_saved_are_those_that_are_applied(pipeline: Any, tmp_path: Path) -> None:
    file = tmp_path / "weights.npz"
    weights.save(pipeline.get_pipe("ner"), file)
    assert [each.name for each in tmp_path.iterdir()] == ["weights.npz"]
    with np.load(file) as ours, np.load(weights.WEIGHTS) as shipped:
        assert set(ours.files) == set(shipped.files)
        assert all((ours[key] == shipped[key]).all() for key in shipped.files)


def test_weights_of_another_model_are_refused(pipeline: Any, tmp_path: Path) -> None:
    with np.load(weights.WEIGHTS) as shipped:
        arrays = dict(shipped)
    key, *_ = sorted(arrays)
    fewer, other = tmp_path / "fewer.npz", tmp_path / "other.npz"
    np.savez(fewer, **{name: each for name, each in arrays.items() if name != key})
    np.savez(other, **{**arrays, key: np.zeros((3, 3), dtype=np.float16)})
    recogniser = spacy.load(MODEL, exclude=UNUSED).get_pipe("ner")
    for file in (fewer, other):
        with pytest.raises(UnknownModel):
            weights.apply(recogniser, file)


def test_missing_weights_are_an_error(pipeline: Any, tmp_path: Path) -> None:
    with pytest.raises(OSError):
        weights.apply(pipeline.get_pipe("ner"), tmp_path / "none.npz")


def test_weights_are_mixed_by_their_share(pipeline: Any) -> None:
    untrained, mixed = (spacy.load(MODEL, exclude=UNUSED).get_pipe("ner") for _ in range(2))
    weights.apply(mixed)
    weights.mix(mixed, untrained, 0.5)
    name = "b"
    trained, half, before = (
        pipe.model.layers[1].get_param(name)
        for pipe in (pipeline.get_pipe("ner"), mixed, untrained)
    )
    assert np.allclose(half, (trained + before) / 2, atol=1e-6)
    assert not np.allclose(trained, before)
