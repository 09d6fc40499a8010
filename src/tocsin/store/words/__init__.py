"""The index of the words of a sealed day's messages: which rows hold a word that few hold."""
