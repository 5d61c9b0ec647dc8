"""Several tasks for one encoder of texts: what `counterpoint train` does with a recipe of them."""
