"""PyTorch's convolutions one by one, as `saae bench --op conv2d --json FILE` has timed ours.

    python3 bench/peers/torch_conv.py --cases FILE --json -

Each case in NCHW and in channels_last, weights in the same format; the faster one counts. A forward
pass is that of inference; the backward passes are those that autograd calls, asked for one gradient
alone. A sample is as many runs as take 0.05 s, at most 100.
"""
import argparse, json, math, platform, re, sys
import torch
from torch_saae import device_name, time_runs, write_json

CASE = re.compile(r'(\d+)x(\d+)x(\d+)x(\d+)->(\d+) (\d+)x(\d+)(?: stride (\d+))?$')
PASSES = ('forward', 'backward_data', 'backward_weights')
FORMATS = dict(contiguous=torch.contiguous_format, channels_last=torch.channels_last)


def make_pass(name, case, memory_format, device):
    n, h, w, c, k, r, s, stride = (int(v or 1) for v in CASE.match(case).groups())
    padding, strides = [r // 2, s // 2], [stride, stride]

    def random(*shape):
        return torch.randn(*shape, device=device).to(memory_format=memory_format)
    x, weight = random(n, c, h, w), random(k, c, r, s)

    def forward():
        return torch.nn.functional.conv2d(x, weight, None, strides, padding)
    if name == 'forward':
        return forward
    dy = random(*forward().shape)
    mask = [name == 'backward_data', name == 'backward_weights', False]

    def backward():
        gradients = torch.ops.aten.convolution_backward(
            dy, x, weight, None, strides, padding, [1, 1], False, [0, 0], 1, mask)
        return gradients[0 if mask[0] else 1]
    return backward


def fastest(name, case, args):
    best = None
    for variant, memory_format in FORMATS.items():
        with torch.inference_mode():
            figure = time_runs(make_pass(name, case, memory_format, args.device), args.rounds,
                               seconds=0.05, most=100)
        if best is None or figure['ms'] < best['ms']:
            best = dict(figure, variant=variant)
    return {'pass': name, 'case': case, **best}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('--cases', required=True, help="JSON of 'saae bench --op conv2d'")
    parser.add_argument('--rounds', type=int, default=7, help='timed samples of each case')
    parser.add_argument('--threads', type=int, default=0, help="0: PyTorch's default")
    parser.add_argument('--device', default='cpu', help='cpu or cuda')
    parser.add_argument('--json', default='-', help='FILE, or - for standard output')
    args = parser.parse_args()
    if args.threads:
        torch.set_num_threads(args.threads)
    with open(args.cases) as file:
        ops = json.load(file)['ops']
    wanted = dict.fromkeys((op['pass'], op['case']) for op in ops
                           if op['chosen'] and op['pass'] in PASSES)
    figures = []
    for name, case in wanted:
        figures.append(fastest(name, case, args))
        print(f"{figures[-1]['ms']:9.3f} ms  {name} {case}", file=sys.stderr, flush=True)
    write_json(args.json, dict(device=device_name(args.device), driver=f'torch {torch.__version__}',
                               threads=torch.get_num_threads(), convolutions=figures))


if __name__ == '__main__':
    main()
