"""Data sets of the Hugging Face Hub, and their Parquet files."""
