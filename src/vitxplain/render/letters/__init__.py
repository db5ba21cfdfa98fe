"""Letters of figures: their fonts, and the words of colour bars."""
