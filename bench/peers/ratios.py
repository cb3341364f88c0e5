"""ratios.py OURS... -- THEIRS...: files of turns that alternated; prints both and the ratios.

A figure of a side is the median over its turns; its spread, the smallest and the largest.
"""
import json, math, re, statistics, sys

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


def case_times(turns, key):
    """{(pass, case): {ms of each turn}}; of calls of one shape, the one that is made most often."""
    found = {}
    for turn in turns:
        seen = set()
        for entry in turn[key]:
            name = entry['pass'], entry['case']
            if entry.get('chosen', True) and name not in seen:
                seen.add(name)
                found.setdefault(name, []).append(entry['ms'])
    return found


def is_thin(case):
    channels = re.search(r'x(\d+)->(\d+) ', case).groups()
    return min(map(int, channels)) <= 3


def print_convolutions(ours, theirs):
    a, b = case_times(ours, 'ops'), case_times(theirs, 'convolutions')
    print(f"{'ours, ms':>32s}  {'theirs, ms':>32s}  theirs/ours")
    for thin in (False, True):
        ratios = []
        for name in (name for name in a if name in b and is_thin(name[1]) == thin):
            ratios.append(statistics.median(b[name]) / statistics.median(a[name]))
            print(f"{text(a[name])}  {text(b[name])}  {ratios[-1]:10.2f}x  {' '.join(name)}")
        if ratios:
            mean = math.exp(statistics.mean(map(math.log, ratios)))
            print(f"{'thin layers' if thin else 'layers'}: geometric mean {mean:.2f}x, "
                  f'smallest {min(ratios):.2f}x\n')


def print_parts(ours, theirs):
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


def main():
    split = sys.argv.index('--')
    ours, theirs = read(sys.argv[1:split]), read(sys.argv[split + 1:])
    print(f"ours:   {ours[0]['device']}, driver {ours[0]['driver']}, "
          f"saae {ours[0]['version']} ({ours[0]['revision']})")
    print(f"theirs: {theirs[0]['device']}, {theirs[0]['driver']}, {theirs[0]['threads']} threads")
    print(f"preset {ours[0]['preset']}, batch {ours[0]['batch']}, {len(ours)} turns of each; ms: "
          'median (smallest .. largest)\n')
    if 'convolutions' in theirs[0]:
        print_convolutions(ours, theirs)
    else:
        print_parts(ours, theirs)


if __name__ == '__main__':
    main()
