"""Loads a checkpoint of `saae train` in PyTorch and compares its pictures with `saae generate`'s.

    build/saae generate --checkpoint RUN/checkpoint.safetensors --style style.pgm --out pictures.npy
    python3 tests/pytorch/check_weights.py RUN/checkpoint.safetensors pictures.npy style.pgm

style.pgm is any plain (P2) grey picture of the model's size. Exits with 1 beyond 1e-5 a pixel.
"""
import json, sys
import numpy as np, torch
from safetensors import safe_open
from saae_torch import Model

def read_pgm(path):
    words = open(path).read().split()
    assert words[0] == 'P2' and words[3] == '255'
    width, height = int(words[1]), int(words[2])
    return np.array(words[4:], np.float32).reshape(1, 1, height, width) / 255

def main():
    with safe_open(sys.argv[1], 'pt') as f:
        config = json.loads(f.metadata()['model'])
        tensors = {k: f.get_tensor(k) for k in f.keys()}
    model = Model(config).eval()
    weights = {k: v for k, v in tensors.items() if k.startswith(('generator.', 'discriminator.'))}
    missing, unexpected = model.load_state_dict(weights, strict=False)
    assert not unexpected and all('num_batches' in k for k in missing), (missing, unexpected)
    ours = np.load(sys.argv[2])
    contents = tensors['contents.pixels'].float() / 255
    with torch.no_grad():
        z = model.generator.enc_style(torch.from_numpy(read_pgm(sys.argv[3])))
        theirs = model.generator.draw(contents, z.expand(len(contents), -1, -1, -1)).numpy()
    assert ours.shape == theirs.shape, (ours.shape, theirs.shape)
    worst = np.abs(ours - theirs).max()
    print(f'{len(weights)} tensors loaded, {len(ours)} pictures, largest difference of a pixel {worst:.3g}')
    sys.exit(not worst <= 1e-5)

main()
