"""Where the published data and other programs' figures are: beside the repository, and never in it.

tests/services_plugin.py leaves out the files that import this where the folder is missing, and says so.
"""

from pathlib import Path

SHARED = Path(__file__).resolve().parents[2] / "shared"
DATA_FILE = SHARED / "data" / "cct-medical-students.sav"
