"""The spider of the Hugging Face Hub: its list of repositories, each repository, its card and its licence."""
