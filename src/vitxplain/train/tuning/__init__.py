"""The search for hyper-parameters with Optuna."""
