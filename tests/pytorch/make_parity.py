"""Makes parity.safetensors: a small SAAE's parameters, inputs, results and gradients as PyTorch
computes them (in double precision, from values that float holds exactly).

Run once, by hand; the tests read the file and need no Python:
    python3 tests/pytorch/make_parity.py tests/pytorch/parity.safetensors
"""
import sys
import torch, torch.nn as nn, torch.nn.functional as F
from safetensors.torch import save_file
from saae_torch import Model

H, W, CHANNELS, CLASSES, BATCH = 8, 8, 1, 3, 4
CONFIG = dict(height=H, width=W, style_height=H, style_width=W, channels=CHANNELS, classes=CLASSES,
              features=3, filter=3, style_vector=4, hidden=5)
ADVERSARIAL, RATE = 0.3, 1e-3

def as_float(t):
    return t.detach().to(torch.float32).contiguous().clone()

def main():
    torch.manual_seed(4)
    model = Model(CONFIG)                                   # float32: values that the file can hold
    for m in model.modules():
        if isinstance(m, nn.BatchNorm2d):
            nn.init.uniform_(m.weight, 0.5, 1.5); nn.init.uniform_(m.bias, -0.3, 0.3)
    out = {k: as_float(v) for k, v in model.state_dict().items() if 'num_batches' not in k}
    model = model.double()
    images = torch.randint(0, 256, (BATCH, CHANNELS, H, W), dtype=torch.uint8)
    contents = torch.randint(0, 256, (CLASSES, CHANNELS, H, W), dtype=torch.uint8)
    own, cross = torch.tensor([0, 1, 2, 1]), torch.tensor([2, 0, 1, 2])
    out['input.images'], out['input.contents'] = images, contents
    out['input.own'], out['input.cross'] = own.to(torch.int32), cross.to(torch.int32)
    x, c, c2 = images / 255.0, contents[own] / 255.0, contents[cross] / 255.0
    x, c, c2 = x.double(), c.double(), c2.double()
    g, d = model.generator, model.discriminator

    # step 1: reconstruction, its gradient, Adam's first update, running statistics
    image = g.draw(c, g.enc_style(x))
    loss = ((image - x) ** 2).sum() / BATCH
    optimiser = torch.optim.Adam(g.parameters(), RATE)
    loss.backward()
    out['step1.image'], out['step1.loss'] = as_float(image), as_float(loss).reshape(1)
    for k, v in g.named_parameters(): out['step1.gradient.generator.' + k] = as_float(v.grad)
    kept = {k: v.detach().clone() for k, v in g.state_dict().items()}
    optimiser.step()
    for k, v in g.state_dict().items():
        if 'num_batches' not in k: out['step1.after.generator.' + k] = as_float(v)
    g.load_state_dict(kept)
    model.zero_grad()

    # step 3 with the parameters left as they are: D's half, then G's through the same D
    z = g.enc_style(x)
    own_image, cross_image = g.draw(c, z), g.draw(c2, z)
    real, generated = d(x), d(cross_image.detach())
    d_loss = F.cross_entropy(real, own) + F.cross_entropy(generated, torch.full_like(own, CLASSES))
    d_loss.backward()
    out['step3.cross_image'], out['step3.logits'] = as_float(cross_image), as_float(real)
    out['step3.discriminator_loss'] = as_float(d_loss).reshape(1)
    for k, v in d.named_parameters(): out['step3.gradient.discriminator.' + k] = as_float(v.grad)
    model.zero_grad()
    reconstruction = ((own_image - x) ** 2).sum() / BATCH
    adversarial = F.cross_entropy(d(cross_image), cross)
    (reconstruction + ADVERSARIAL * H * W * CHANNELS * adversarial).backward()
    out['step3.reconstruction'] = as_float(reconstruction).reshape(1)
    out['step3.adversarial'] = as_float(adversarial).reshape(1)
    for k, v in g.named_parameters(): out['step3.gradient.generator.' + k] = as_float(v.grad)

    # generation: running statistics as the file has them at the start
    fresh = Model(CONFIG); fresh.load_state_dict({k: v for k, v in out.items() if k in fresh.state_dict()}, strict=False)
    fresh = fresh.double().eval()
    with torch.no_grad():
        out['generate.image'] = as_float(fresh.generator.draw(c2, fresh.generator.enc_style(x)))
    save_file(out, sys.argv[1], {'torch': torch.__version__})

main()
