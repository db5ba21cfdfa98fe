"""Which of a model's outputs are the class scores, and what makes probabilities of them."""
