"""The PyTorch peer of `saae bench --step --generate`: the same networks, steps and generation.

    python3 bench/peers/torch_saae.py --preset paper --batch 64 --json -

The networks are those of tests/pytorch/saae_torch.py, which the tests compare with ours number by
number. --variant best times every variant (eager or compiled, NCHW or channels_last) and keeps the
fastest for each figure: that is the peer to beat. Step 3 is written as a careful user would: one
style encoding serves the own and the cross content, one pass of G serves D's half and G's half.
A sample is as many runs as take 0.2 s, at most 10, as in `saae bench`, and waits for the device.
"""
import argparse, json, math, os, platform, resource, sys, time
import torch, torch.nn.functional as F

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '../../tests/pytorch'))
from saae_torch import Model

PRESETS = dict(tiny=dict(features=4, filter=3, style_vector=4, hidden=16),
               small=dict(features=16, filter=5, style_vector=16, hidden=256),
               paper=dict(features=64, filter=5, style_vector=128, hidden=256))
LENGTH, CLASSES, ADVERSARIAL = 28, 10, 0.004
VARIANTS = ('eager', 'channels_last', 'compile', 'channels_last+compile')
SAMPLE_SECONDS, MOST_RUNS = 0.2, 10


class Work:
    """Model, data, and the four things that are timed; each returns a tensor to wait for."""

    def __init__(self, args, variant):
        torch.manual_seed(1)
        config = dict(PRESETS[args.preset], height=LENGTH, width=LENGTH, style_height=LENGTH,
                      style_width=LENGTH, channels=1, classes=CLASSES)
        self.format = torch.channels_last if 'channels_last' in variant else torch.contiguous_format
        model = Model(config).to(args.device, memory_format=self.format)
        self.g, self.d = model.generator, model.discriminator
        wrap = torch.compile if 'compile' in variant else (lambda f: f)
        self.draw, self.draw_both, self.judge = wrap(self._draw), wrap(self._draw_both), wrap(self.d)
        self.adam_g = torch.optim.Adam(self.g.parameters(), 1e-3)
        self.adam_d = torch.optim.Adam(self.d.parameters(), 2e-4, (0.5, 0.999))
        self.n = args.batch
        self.x = torch.rand(self.n, 1, LENGTH, LENGTH, device=args.device).to(
            memory_format=self.format)
        self.pictures = torch.rand(CLASSES, 1, LENGTH, LENGTH, device=args.device)
        self.own = torch.arange(self.n, device=args.device) % CLASSES
        self.cross = (self.own + 1) % CLASSES
        self.generated = torch.full_like(self.own, CLASSES)

    def _draw(self, content, style):
        return self.g.draw(content, self.g.enc_style(style))

    def _draw_both(self, own, cross, style):
        z = self.g.enc_style(style)
        return self.g.draw(own, z), self.g.draw(cross, z)

    def content(self, labels):
        return self.pictures[labels].contiguous(memory_format=self.format)

    def error(self, image):
        return ((image - self.x) ** 2).sum() / self.n

    def update_d(self, drawn):
        self.adam_d.zero_grad(set_to_none=True)
        loss = (F.cross_entropy(self.judge(self.x), self.own) +
                F.cross_entropy(self.judge(drawn), self.generated))
        loss.backward()
        self.adam_d.step()
        return loss

    def step1(self):
        self.adam_g.zero_grad(set_to_none=True)
        loss = self.error(self.draw(self.content(self.own), self.x))
        loss.backward()
        self.adam_g.step()
        return loss

    def step2(self):
        with torch.no_grad():
            drawn = self.draw(self.content(self.cross), self.x)
        return self.update_d(drawn)

    def step3(self):
        own, cross = self.draw_both(self.content(self.own), self.content(self.cross), self.x)
        self.update_d(cross.detach())
        self.adam_g.zero_grad(set_to_none=True)
        self.d.requires_grad_(False)
        adversarial = F.cross_entropy(self.judge(cross), self.cross)
        loss = self.error(own) + ADVERSARIAL * LENGTH * LENGTH * adversarial
        loss.backward()
        self.adam_g.step()
        self.d.requires_grad_(True)
        return loss

    def generate(self):
        self.g.eval()
        with torch.inference_mode():
            return self.draw(self.content(self.own), self.x).cpu()


def time_runs(function, rounds, seconds=SAMPLE_SECONDS, most=MOST_RUNS):
    def sample(runs):
        start = time.perf_counter()
        for _ in range(runs):
            result = function()
        result.sum().item()
        return (time.perf_counter() - start) / runs
    for _ in range(3):  # compiles, chooses algorithms, fills caches
        last = sample(1)
    runs = max(1, min(most, math.ceil(seconds / last)))
    times = sorted(sample(runs) for _ in range(rounds))
    return dict(ms=1e3 * (times[(rounds - 1) // 2] + times[rounds // 2]) / 2,
                ms_min=1e3 * times[0], ms_max=1e3 * times[-1])


def measure(args, variant):
    work = Work(args, variant)
    out = {}
    for name, function in (('1', work.step1), ('2', work.step2), ('3', work.step3),
                           ('generate', work.generate)):
        out[name] = dict(time_runs(function, args.rounds), variant=variant)
        out[name]['images_per_s'] = 1e3 * args.batch / out[name]['ms']
        print(f"{variant:22s} {name:9s} {out[name]['ms']:9.2f} ms", file=sys.stderr, flush=True)
    return out


def device_name(device):
    cuda = device.startswith('cuda')
    return f"PyTorch on {torch.cuda.get_device_name(device) if cuda else platform.processor() or 'CPU'}"


def write_json(path, out):
    text = json.dumps(out, indent=1)
    if path == '-':
        print(text)
    elif path:
        with open(path, 'w') as file:
            print(text, file=file)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('--preset', default='paper', choices=PRESETS)
    parser.add_argument('--batch', type=int, default=64)
    parser.add_argument('--rounds', type=int, default=7, help='timed samples of each figure')
    parser.add_argument('--threads', type=int, default=0, help="0: PyTorch's default")
    parser.add_argument('--device', default='cpu', help='cpu or cuda')
    parser.add_argument('--variant', default='best', choices=VARIANTS + ('best',))
    parser.add_argument('--json', help='FILE, or - for standard output')
    args = parser.parse_args()
    if args.threads:
        torch.set_num_threads(args.threads)
    best = {}
    for variant in VARIANTS if args.variant == 'best' else (args.variant,):
        for name, figure in measure(args, variant).items():
            if name not in best or figure['ms'] < best[name]['ms']:
                best[name] = figure
    cuda = args.device.startswith('cuda')
    out = dict(device=device_name(args.device), driver=f'torch {torch.__version__}',
               threads=torch.get_num_threads(), preset=args.preset, batch=args.batch,
               rounds=args.rounds, **best,
               peak_device_bytes=torch.cuda.max_memory_allocated(args.device) if cuda else 0,
               peak_rss_bytes=1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
    write_json(args.json, out)


if __name__ == '__main__':
    main()
