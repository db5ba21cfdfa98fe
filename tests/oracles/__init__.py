"""Each method again, slowly: loops over tokens and heads in float64, from the papers, sharing no code with src."""
