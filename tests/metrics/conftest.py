from tests.saved_models import cnn_folder, vit_folder  # noqa: F401 - fixtures
