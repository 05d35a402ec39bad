"""The report: results in words, tables and pictures, in one language, as a document that page and PDF both show."""
