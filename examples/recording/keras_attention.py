"""Record attention of a model in Keras, on TensorFlow or any other backend: its layers give the weights themselves."""

import keras
from keras import ops

from vitxplain.inspect import Writer

tokens = keras.random.normal((1, 197, 64), seed=0)  # a batch of one image: a class token and 14 x 14 patches
layers = []
for _ in range(2):
    layer = keras.layers.MultiHeadAttention(num_heads=4, key_dim=16)
    tokens, weights = layer(tokens, tokens, return_attention_scores=True)
    layers.append(ops.convert_to_numpy(weights)[0])  # (head, query, key) of the only image

Writer("vitx-out/keras", model="my model in Keras").add("cat", layers, image="cat.jpg", step=100)
