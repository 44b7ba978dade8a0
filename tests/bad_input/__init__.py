"""
What people and programs get wrong, one test each, on the page and in the API: a sentence that a
person understands, a problem document to a program, and nothing lost or half made.

What a scoring server gets wrong is in tests/scoring/test_application.py; that a stopped request
of ten gigabytes is answered before it was sent, in tests/e2e/test_bad_input.py.
"""
