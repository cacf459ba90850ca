from __future__ import annotations

from kerasfmt.graph.ops.siphash import siphashes

KEY = (0x0706050403020100, 0x0F0E0D0C0B0A0908)
# Source: Aumasson and Bernstein's reference implementation, vectors_sip64: texts of 0, 1, 2, ... bytes.
KNOWN = {
    0: 0x726FDB47DD0E0E31,
    1: 0x74F839C593DC67FD,
    7: 0xAB0200F58B01D137,
    8: 0x93F5F5799A932462,
    15: 0xA129CA6149BE45E5,
    63: 0x958A324CEB064572,
}


def test_published_hashes() -> None:
    texts = [bytes(range(size)) for size in KNOWN]
    assert siphashes(texts, KEY).tolist() == list(KNOWN.values())


def test_texts_together_hash_as_each_alone_does() -> None:
    texts = [bytes(range(size % 256)) * (size % 5) for size in range(300)]
    together = siphashes(texts, (-1, 2**63)).tolist()
    assert together == [int(siphashes([text], (-1, 2**63))[0]) for text in texts]
    assert siphashes([], KEY).shape == (0,)


def test_more_texts_than_a_batch_and_one_long_one() -> None:
    texts = [str(number).encode() for number in range(2**16 + 10)] + [b"long" * 5000]
    together = siphashes(texts, KEY)
    for place in (0, 2**16 - 1, 2**16, len(texts) - 1):
        assert siphashes([texts[place]], KEY)[0] == together[place]
