"""The SAAE in PyTorch, under the names of our checkpoints: the other side of the comparisons."""
import torch, torch.nn as nn, torch.nn.functional as F

SLOPE = 0.2

class Block(nn.Module):
    def __init__(self, i, o, filter, bias=False, bn=True):
        super().__init__()
        self.conv = nn.Conv2d(i, o, filter, padding=filter // 2, bias=bias)
        if bn: self.bn = nn.BatchNorm2d(o)
    def forward(self, x):
        return F.leaky_relu(self.bn(self.conv(x)), SLOPE)

class EncStyle(nn.Module):
    def __init__(self, c):
        super().__init__()
        f = c['features']
        self.shape = (-1, f, c['height'], c['width'])
        for i in range(3): self.add_module(str(i), Block(f if i else c['channels'], f, c['filter']))
        self.fc_vector = nn.Linear(f * c['style_height'] * c['style_width'], c['style_vector'])
        self.fc_map = nn.Linear(c['style_vector'], f * c['height'] * c['width'])
    def forward(self, x):
        for i in range(3): x = getattr(self, str(i))(x)
        v = F.leaky_relu(self.fc_vector(x.flatten(1)), SLOPE)
        return F.leaky_relu(self.fc_map(v), SLOPE).view(self.shape)

class Generator(nn.Module):
    def __init__(self, c):
        super().__init__()
        f, r = c['features'], c['filter']
        self.enc_content = nn.ModuleList([Block(f if i else c['channels'], f, r) for i in range(3)])
        self.enc_style = EncStyle(c)
        self.decoder = nn.ModuleList([Block(2 * f, f, r), Block(f, f, r),
                                      Block(f, c['channels'], r, True, False)])
    def draw(self, content, z):
        for b in self.enc_content: content = b(content)
        x = self.decoder[1](self.decoder[0](torch.cat([content, z], 1)))
        return torch.sigmoid(self.decoder[2].conv(x))

class Discriminator(nn.Module):
    def __init__(self, c):
        super().__init__()
        f = c['features']
        for i in range(3): self.add_module(str(i), Block(f if i else c['channels'], f, c['filter']))
        self.fc_hidden = nn.Linear(f * (c['height'] // 2) * (c['width'] // 2), c['hidden'])
        self.fc_out = nn.Linear(c['hidden'], c['classes'] + 1)
    def forward(self, x):
        x = F.max_pool2d(getattr(self, '0')(x), 2)
        x = getattr(self, '2')(getattr(self, '1')(x))
        return self.fc_out(F.leaky_relu(self.fc_hidden(x.flatten(1)), SLOPE))

class Model(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.generator, self.discriminator = Generator(config), Discriminator(config)
