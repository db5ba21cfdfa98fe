"""Parts of an attention: what one layer of a decoder makes for itself is no feature of the image."""

from vitxplain.capture.layout import AttentionLayout, Patches, Queries
from vitxplain.models.probing.cam.attention_parts import attention_parts

PLACES, OBJECTS = Patches(((2, 3),)), Queries(4)


def layout(path: str, kind: str, asking: Patches | Queries, asked: Patches | Queries) -> AttentionLayout:
    axes = "batch head query key"
    return AttentionLayout(path, kind, axes, (1, 1, 4, 6), 1, query_tokens=asking, key_tokens=asked)


def test_what_stands_beside_a_cross_attention_is_part_of_it() -> None:
    encoder = layout("encoder.0.self_attn", "token", PLACES, PLACES)
    each_other = layout("decoder.0.self_attn", "branch", OBJECTS, OBJECTS)
    reading = layout("decoder.0.cross_attn.attn", "cross", OBJECTS, PLACES)
    parts = attention_parts([encoder, each_other, reading])
    assert "decoder.0.cross_attn.value_proj".startswith(parts)
    assert not "encoder.0.norm".startswith(parts)
    assert not "decoder.norm".startswith(parts)


def test_a_module_that_makes_features_is_no_part() -> None:
    own = layout("block.self_attn", "token", PLACES, PLACES)
    reading = layout("block.cross_attn", "cross", OBJECTS, PLACES)
    alone = layout("attn", "cross", OBJECTS, PLACES)
    parts = attention_parts([own, reading, alone])
    assert parts == ("attn.", "block.cross_attn.", "block.self_attn.")
