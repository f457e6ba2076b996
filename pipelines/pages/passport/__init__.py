"""The page of one passport: views of its parts, each made from the document alone."""
