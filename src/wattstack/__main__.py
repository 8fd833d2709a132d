"""`python -m wattstack` is the command `wattstack`.

Gives    nothing; runs cli.main.
Used by  machines where the command is not on the path.
"""

from wattstack.cli import main

if __name__ == "__main__":
    main()
