"""python -m scoring CONFIG.json"""

import sys

from scoring.serving import main

sys.exit(main(sys.argv[1:]))
