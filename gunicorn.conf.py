"""gunicorn reads this by itself. Its first process never loads Django, and logs like the others all the same."""

import os

from trial import logs

logconfig_dict = logs.configuration(os.environ.get("LOG_LEVEL", "INFO"))
