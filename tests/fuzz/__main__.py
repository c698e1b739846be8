"""`python -m fuzz`: draws mutations over all doors, keeps what went wrong, prints a table."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from fuzz.drive import OUTCOMES, Drive, shares, table


def main() -> int:
    parser = argparse.ArgumentParser(prog="fuzz", description="Damaged inputs at every door, drawn from a seed.")
    parser.add_argument("--count", type=int, default=20_000, help="mutations over all doors")
    parser.add_argument("--seed", default="0", help="what they are drawn from")
    parser.add_argument("--door", help="one door only")
    parser.add_argument("--number", type=int, help="one mutation only, of --door")
    parser.add_argument("--keep", type=Path, default=Path("build/fuzz"), help="where what went wrong is kept")
    args = parser.parse_args()
    counts = {}
    with Drive(args.keep) as drive:
        for name, count in shares(args.count, args.door).items():
            numbers = range(count) if args.number is None else [args.number]
            counts[name] = drive.door(name, args.seed, numbers)
            print(f"{name}: {', '.join(f'{n} {o}' for o, n in counts[name].items() if n)}", flush=True)
    print(table(counts))
    return int(any(counts[name][outcome] for name in counts for outcome in OUTCOMES[3:]))


if __name__ == "__main__":
    sys.exit(main())
