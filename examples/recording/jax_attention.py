"""Record attention of a model in JAX: whatever gives the weights, `Writer` takes the array."""

import jax
import jax.numpy as jnp

from vitxplain.inspect import Writer

HEADS, CHANNELS, SIDE = 4, 16, 14
keys = jax.random.split(jax.random.key(0), 4)
tokens = jax.random.normal(keys[0], (1 + SIDE * SIDE, HEADS * CHANNELS))


@jax.jit
def attention_weights(tokens, query_weights, key_weights):
    query, key = (
        (tokens @ weights).reshape(-1, HEADS, CHANNELS).swapaxes(0, 1) for weights in (query_weights, key_weights)
    )
    return jax.nn.softmax(query @ key.swapaxes(1, 2) / jnp.sqrt(CHANNELS), axis=-1)  # (head, query, key)


projections = jax.random.normal(keys[1], (2, HEADS * CHANNELS, HEADS * CHANNELS)) / 8
Writer("vitx-out/jax", model="my model in JAX").add("cat", [attention_weights(tokens, *projections)], image="cat.jpg")
