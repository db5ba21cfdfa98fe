"""What one observed pass says a model is: tokens, layouts, layers."""
