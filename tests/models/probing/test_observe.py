"""What a second image changes in each attention call."""

from tests.models.tiny_classifier import SIZE, TinyClassifier, as_model, written_out
from vitxplain.models.probing.observe import observe


def test_the_batch_axis_doubles_and_learned_tokens_stay_as_they_are() -> None:
    first, second = observe(as_model(TinyClassifier([written_out] * 2, prefix=1, suffix=2)), SIZE).calls
    assert (first.batch_axis, second.batch_axis) == (0, 0)
    assert first.constant_keys == (True, *[False] * 15, True, True)
    assert second.constant_keys is None  # as many keys as before: compared where they first appear


def test_attention_among_learned_tokens_alone_does_not_double() -> None:
    class Constant(TinyClassifier):
        def forward(self, pixel_values):
            x = self.blocks[0](self.prefix)
            return super().forward(pixel_values) + self.head(x[:, 0])

    calls = observe(as_model(Constant(prefix=3)), SIZE).calls
    assert [call.batch_axis for call in calls] == [None, 0, 0]
    assert calls[0].constant_keys is None
