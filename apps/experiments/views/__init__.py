"""The pages of experiments and of their trainings."""
