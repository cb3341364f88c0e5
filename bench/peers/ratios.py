"""ratios.py OURS... -- THEIRS...: files of turns that alternated; prints both and the ratios.

A figure of a side is the median over its turns; its spread, the smallest and the largest.
"""
import json, statistics, sys

PARTS = ('1', '2', '3', 'generate')


def read(paths):
    turns = []
    for path in paths:
        with open(path) as file:
            turns.append(json.load(file))
    return turns


def times(turns, part):
    return [turn[part]['ms'] for turn in turns if part in turn]


def text(values):
    return f'{statistics.median(values):9.2f} ({min(values):8.2f} ..{max(values):9.2f})'


def main():
    split = sys.argv.index('--')
    ours, theirs = read(sys.argv[1:split]), read(sys.argv[split + 1:])
    print(f"ours:   {ours[0]['device']}, driver {ours[0]['driver']}, "
          f"saae {ours[0]['version']} ({ours[0]['revision']})")
    print(f"theirs: {theirs[0]['device']}, {theirs[0]['driver']}, {theirs[0]['threads']} threads")
    print(f"preset {ours[0]['preset']}, batch {ours[0]['batch']}, {len(ours)} turns of each; ms: "
          'median (smallest .. largest)\n')
    print(f"{'':9s}  {'ours':>32s}  {'theirs':>32s}  theirs/ours  their variant")
    for part in PARTS:
        a, b = times(ours, part), times(theirs, part)
        if not a or not b:
            continue
        label = part if part == 'generate' else 'step ' + part
        ratio = statistics.median(b) / statistics.median(a)
        variants = sorted({turn[part].get('variant', '') for turn in theirs})
        print(f'{label:9s}  {text(a)}  {text(b)}  {ratio:10.2f}x  {" or ".join(variants)}')
    mib = 2 ** 20
    a = max(turn['peak_rss_bytes'] for turn in ours) / mib
    b = max(turn['peak_rss_bytes'] for turn in theirs) / mib
    print(f'memory     {a:28.0f} MiB  {b:28.0f} MiB  {b / a:10.2f}x  of the process (theirs: of all '
          'variants that were tried)')


if __name__ == '__main__':
    main()
