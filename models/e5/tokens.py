"""Cuts texts in the pieces that the encoder knows, by SentencePiece (Kudo, 2018)."""

from __future__ import annotations

import re

from sentencepiece import SentencePieceProcessor, sentencepiece_model_pb2

from models.e5.packed import Vocabulary

_UNIGRAM = 1
_NORMAL, _UNKNOWN, _CONTROL = 1, 2, 3
_SPACES = re.compile(" {2,}")


class Tokenizer:
    """The tokenizer of ``vocabulary``. Characters are normalised by its own map, so that
    SentencePiece has only to cut."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._normal = dict(vocabulary.normal)
        special = {vocabulary.begin, vocabulary.end, vocabulary.pad}
        model = sentencepiece_model_pb2.ModelProto()  # type: ignore[attr-defined]
        for number, (piece, score) in enumerate(
            zip(vocabulary.pieces, vocabulary.scores.tolist(), strict=True)
        ):
            kind = _CONTROL if number in special else _NORMAL
            kind = _UNKNOWN if number == vocabulary.unknown else kind
            model.pieces.add(piece=piece, score=score, type=kind)
        model.trainer_spec.model_type = _UNIGRAM
        model.trainer_spec.bos_id = vocabulary.begin
        model.trainer_spec.eos_id = vocabulary.end
        model.trainer_spec.pad_id = vocabulary.pad
        model.trainer_spec.unk_id = vocabulary.unknown
        model.normalizer_spec.name = "identity"
        model.normalizer_spec.add_dummy_prefix = True
        model.normalizer_spec.remove_extra_whitespaces = False
        model.normalizer_spec.escape_whitespaces = True
        self._pieces = SentencePieceProcessor(model_proto=model.SerializeToString())

    def tokens(self, text: str) -> list[int]:
        """The numbers of the pieces of ``text``, without the marks of beginning and end."""
        found: list[int] = self._pieces.encode(_SPACES.sub(" ", text.translate(self._normal)))
        return found
