"""What is written in figures: fonts, blocks of text, the words of colour bars."""
