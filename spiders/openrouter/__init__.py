"""The spider of OpenRouter: its model list, page by page, and the providers of each model."""
