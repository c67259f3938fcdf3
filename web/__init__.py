"""What a person sees: templates, style, the little JavaScript there is, and translations."""
