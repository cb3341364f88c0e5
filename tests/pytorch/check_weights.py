"""Loads a checkpoint of `saae train` in PyTorch and compares its pictures with `saae generate`'s.

    build/saae generate --checkpoint RUN/checkpoint.safetensors --style fashion-mnist:test \\
        --count 8 --out pictures.npy --inputs inputs.npz
    python3 tests/pytorch/check_weights.py RUN/checkpoint.safetensors pictures.npy
"""
import json, sys
import numpy as np, torch
from safetensors import safe_open
from saae_torch import Model

def idx_images(path, count):
    import gzip
    raw = gzip.open(path).read()
    return np.frombuffer(raw, np.uint8, offset=16).reshape(-1, 1, 28, 28)[:count]

def main():
    with safe_open(sys.argv[1], 'pt') as f:
        meta = f.metadata()
        tensors = {k: f.get_tensor(k) for k in f.keys()}
    model = Model(json.loads(meta['model'])).eval()
    missing, unexpected = model.load_state_dict(
        {k: v for k, v in tensors.items() if k.startswith(('generator.', 'discriminator.'))}, strict=False)
    assert not unexpected and all('num_batches' in k for k in missing), (missing, unexpected)
    ours = np.load(sys.argv[2])
    styles = np.load(sys.argv[3])
    contents = tensors['contents.pixels'].float() / 255
    print('pictures', ours.shape, 'styles', styles.shape, 'contents', tuple(contents.shape))
    n = contents.shape[0]
    with torch.no_grad():
        z = model.generator.enc_style(torch.from_numpy(styles).float())
        theirs = torch.stack([model.generator.draw(contents, z[i:i + 1].expand(n, -1, -1, -1))
                              for i in range(len(styles))]).flatten(0, 1).numpy()
    worst = np.abs(ours - theirs).max()
    print(f'largest difference of a pixel: {worst:.3g}')
    sys.exit(not worst <= 1e-5)

main()
