"""Names of plugins: entry points and nothing else. Listing imports no plugin."""

# names(kind) -> dict[str, EntryPoint]; load(kind, name) -> class; canonical(kind, name) -> canonical name
# kinds: "explainers", "adapters", "metrics" (entry-point groups vitxplain.<kind>)
