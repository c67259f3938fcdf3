"""Reading French text: words and their stems, article references, sentences, HTML as text."""
