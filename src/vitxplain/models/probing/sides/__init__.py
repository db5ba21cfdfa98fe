"""Who asks and who is asked in attention: places of the image, object queries, words or latents."""
