# SPDX-License-Identifier: Apache-2.0
"""Pattern data of the 75 species: name, shapes, ground colours, body, under side, layers (see species.py)."""


def f(kind, colour, **args):
    return (kind, "f", colour, args)


def h(kind, colour, **args):
    return (kind, "h", colour, args)


def b(kind, colour, **args):
    return (kind, "b", colour, args)


def eye(wing, u, v, r, *rings):
    """An eye spot: rings from the outside in, equally wide."""
    n = len(rings)
    return [("spot", wing, c, {"u": u, "v": v, "r": r * (n - i) / n}) for i, c in enumerate(rings)]


K, W = "#16120f", "#f7f4ea"  # ink, white
LAYERS = [
    ("Adonis", "std round", "#3f8fe8", "#4a6a9a", "#c9b79a 0.55", [
        b("sheen", "#62b4ff", u0=0.1, u1=0.8), b("veins", "#2f66b8", w=0.006, n=8, u0=0.5),
        b("margin", W, w=0.075), b("band", K, u0=0.905, u1=0.93), b("rays", K, n=8, fill=0.25, u0=0.92, u1=1.1)]),
    ("African Giant Swallowtail", "verylong small", "#a8561c #d98324", "#7a4a1c", "#e0b060 0.3", [
        f("veins", K, w=0.02, n=8, u0=0.1), f("row", K, u=0.72, r=0.07, n=6), f("row", K, u=0.45, r=0.07, n=3, v0=0.2, v1=0.6),
        f("margin", K, w=0.13), f("ray", K, v0=-1, v1=0.12), h("margin", K, w=0.24, scallop=0.2),
        h("row", K, u=0.55, r=0.06, n=6), h("veins", K, w=0.01)]),
    ("American Snoot", "square angled", "#3a2a1e #4a3524", "#5a4636", "#8a7c72 0.5", [
        b("patch", "#d9792a", u=0.38, v=0.62, du=0.26, dv=0.3), f("spot", W, u=0.62, v=0.12, r=0.07), f("spot", W, u=0.68, v=0.35, r=0.07),
        f("spot", W, u=0.85, v=0.22, r=0.05), h("band", "#d9792a", u0=0.45, u1=0.72, v0=0.25, v1=0.85)]),
    ("An 88", "std round", "#f0ece0", "#2a2a2e", "#f6f2e8 0.2", [
        f("root", "#d8262a", w=0.45), f("band", K, u0=0.5, u1=0.58, slope=0.1), f("apex", K, t=0.55, k=0.7), f("band", W, u0=0.8, u1=0.86, v1=0.5),
        h("band", K, u0=0.9, u1=0.95), h("band", K, u0=0.78, u1=0.84), h("band", "#5fa8d8", u0=0.855, u1=0.885),
        h("spot", K, u=0.48, v=0.35, r=0.17), h("spot", W, u=0.48, v=0.35, r=0.11), h("spot", K, u=0.48, v=0.35, r=0.05),
        h("spot", K, u=0.48, v=0.72, r=0.16), h("spot", W, u=0.48, v=0.72, r=0.1), h("spot", K, u=0.48, v=0.72, r=0.045)], {"closed": 0.3}),
    ("Appollo", "blunt round", "#f2f0e6", "#4a463e", "#f0e6d2 0.2", [
        f("margin", "#b8b8b2", w=0.14), f("band", "#c9c8c0", u0=0.72, u1=0.78, v1=0.7), f("spot", K, u=0.35, v=0.3, r=0.08), f("spot", K, u=0.56, v=0.24, r=0.09),
        f("spot", K, u=0.68, v=0.12, r=0.06), f("spot", K, u=0.72, v=0.3, r=0.055), f("spot", K, u=0.62, v=0.8, r=0.07), h("ray", "#4a463e", v0=0.85, v1=2, u1=0.8),
        *eye("h", 0.55, 0.18, 0.13, K, "#d81f2a", "#d81f2a", W), *eye("h", 0.62, 0.55, 0.13, K, "#d81f2a", "#d81f2a", W), b("veins", "#8a867c", w=0.004)]),
    ("Atala", "std round", "#14161c", "#e0562a", "#101216 0.3", [
        f("sheen", "#147a8a", u0=0.05, u1=0.7), h("row", "#2fb8d8", u=0.9, r=0.045, n=9), h("row", "#2fb8d8", u=0.72, r=0.04, n=8),
        h("row", "#2fb8d8", u=0.54, r=0.04, n=6), h("patch", "#e8501c", u=0.62, v=0.92, du=0.2, dv=0.14), f("margin", K, w=0.16)], {"closed": 0.3}),
    ("Banded Orange Heliconian", "long round", "#ee7a18", "#8a4a1c", "#e8a860 0.35", [
        f("apex", K, t=0.62, k=0.5), f("band", "#ee7a18", u0=0.76, u1=0.84, v1=0.55), f("band", K, u0=0.42, u1=0.48, v1=0.5), f("ray", K, v0=-1, v1=0.08),
        f("ray", K, v0=0.62, v1=0.7, u0=0.1, u1=0.6), h("margin", K, w=0.12), h("ray", K, v0=-1, v1=0.2), h("ray", K, v0=0.42, v1=0.47, u0=0.2)]),
    ("Banded Peacock", "std scalloped", "#33221a", "#3a2a20", "#9a7a5a 0.35", [
        f("bar", "#f6eedd", t0=0.4, t1=0.5, turn=14), h("bar", "#f6eedd", t0=0.3, t1=0.4, turn=4, v1=0.8), h("band", "#c8342a", u0=0.6, u1=0.68, v0=0.5, v1=0.95),
        b("margin", "#5a4030", w=0.1), b("row", "#c89a70", u=0.93, r=0.025, n=7), f("spot", W, u=0.78, v=0.15, r=0.04)]),
    ("Beckers White", "std round", "#f6f5ee", "#8a8a80", "#f2f4e4 0.3", [
        h("veins", "#7d8f52", w=0.045, n=6), h("margin", "#7d8f52", w=0.05), f("spot", K, u=0.52, v=0.22, r=0.09), f("spot", W, u=0.52, v=0.22, r=0.035),
        f("row", "#3a3a34", u=0.9, r=0.06, n=4, v0=0.05, v1=0.5, stretch=1.6), f("spot", "#3a3a34", u=0.72, v=0.4, r=0.05), f("veins", "#9aa878", w=0.008)], {"closed": 0.3}),
    ("Black Hairstreak", "std hair", "#4f3626", "#4a382a", "#9a7048 0.5", [
        h("band", "#e8741c", u0=0.76, u1=0.92, v0=0.3), h("row", K, u=0.76, r=0.035, n=6, v0=0.35), h("band", W, u0=0.58, u1=0.605, wave=0.02),
        f("band", "#e8741c", u0=0.8, u1=0.86, v0=0.45), f("band", W, u0=0.68, u1=0.7), b("margin", "#2a1c12", w=0.04)], {"closed": 0.4}),
    ("Blue Morpho", "std wide", "#1d6ff0", "#2a2018", "#6a4a2c 0.5", [
        b("sheen", "#3fa4ff", u0=0.0, u1=0.75), b("margin", K, w=0.17), f("ray", K, v0=-1, v1=0.06), f("row", W, u=0.92, r=0.025, n=6),
        f("spot", W, u=0.8, v=0.08, r=0.05), b("veins", "#12408f", w=0.006), h("row", "#9ac0e8", u=0.95, r=0.02, n=7)],
        {"under": [b("mottle", "#5a3c22", cells=14, t=0.2), b("band", "#c8a878", u0=0.86, u1=0.9), b("band", "#3a2616", u0=0.92, u1=0.95),
                   *eye("f", 0.6, 0.3, 0.1, "#d8b860", K, K, W), *eye("f", 0.6, 0.65, 0.08, "#d8b860", K, K, W), *eye("h", 0.6, 0.2, 0.1, "#d8b860", K, K, W),
                   *eye("h", 0.62, 0.5, 0.08, "#d8b860", K, K, W), *eye("h", 0.62, 0.75, 0.1, "#d8b860", K, K, W)]}),
    ("Blue Spotted Crow", "blunt round", "#241c1c", "#1c1818", "#4a3a30 0.3", [
        f("sheen", "#2f3fa8", u0=0.2, u1=0.95), f("row", "#b8ccff", u=0.9, r=0.035, n=8), f("row", "#b8ccff", u=0.74, r=0.05, n=6), f("spot", "#b8ccff", u=0.5, v=0.3, r=0.06),
        h("root", "#3a2c24", w=0.6), h("row", "#d0d4e0", u=0.9, r=0.022, n=9)]),
    ("Brown Siproeta", "scalloped scalloped", "#4a2a18", "#5a3a20", "#a06a3c 0.35", [
        f("band", "#d8702a", u0=0.7, u1=0.95), h("band", "#d8702a", u0=0.72, u1=0.95), f("bar", "#f4f0e0", t0=0.42, t1=0.52, turn=22), h("bar", "#f4f0e0", t0=0.36, t1=0.46, turn=-4, v1=0.75),
        b("veins", "#3a2010", w=0.008, u0=0.7), b("margin", "#6a3a18", w=0.04)]),
    ("Cabbage White", "std round", "#f8f7ee", "#8a8a84", "#f4efc0 0.45", [
        f("apex", "#3c3a38", t=0.8, k=0.5), f("spot", "#3c3a38", u=0.62, v=0.42, r=0.065), f("spot", "#3c3a38", u=0.66, v=0.78, r=0.06), h("spot", "#3c3a38", u=0.72, v=0.06, r=0.05),
        b("root", "#d0d0c4", w=0.16)]),
    ("Cairns Birdwing", "birdwing round", "#14140f #f0d020", "#f0c818", "#1c6a3a 0.3", [
        f("ray", "#2fc850", v0=0.06, v1=0.2, u0=0.1, u1=0.88, bend=-0.06), f("ray", "#2fc850", v0=0.72, v1=0.88, u0=0.25, u1=0.9), h("sheen", "#3fd84a", u0=0.0, u1=0.6), h("margin", K, w=0.16, scallop=0.3),
        h("row", K, u=0.7, r=0.045, n=6), h("ray", K, v0=-1, v1=0.08), h("ray", K, v0=0.94, v1=3)]),
    ("Checquered Skipper", "skipper skipper", "#4a3018", "#5a4428", "#c89a50 0.35", [
        f("checks", "#f0c860", n=5, m=2, fill=0.42, u0=0.2, u1=0.88), f("row", "#f0c860", u=0.93, r=0.025, n=7), h("row", "#f0c860", u=0.55, r=0.08, n=4), h("row", "#f0c860", u=0.88, r=0.035, n=7), h("spot", "#f0c860", u=0.3, v=0.5, r=0.06)]),
    ("Chestnut", "std round", "#c86a1e #7a5a3a", "#6a4a2c", "#9a8a70 0.3", [
        f("margin", "#7a4a20", w=0.1), h("band", W, u0=0.55, u1=0.74, v0=0.25, v1=0.7), *eye("h", 0.82, 0.3, 0.055, "#e0a040", K, W), *eye("h", 0.82, 0.5, 0.055, "#e0a040", K, W),
        *eye("h", 0.82, 0.7, 0.055, "#e0a040", K, W), *eye("h", 0.8, 0.12, 0.06, "#e0a040", K, W), h("margin", "#d88a3a", w=0.04)], {"closed": 0.3}),
    ("Cleopatra", "hooked angled", "#f6ea3a", "#c8c060", "#e4eea0 0.45", [
        f("patch", "#f0801c", u=0.5, v=0.45, du=0.36, dv=0.4, soft=0.6), h("spot", "#e88020", u=0.5, v=0.45, r=0.04), b("veins", "#dcd040", w=0.006)]),
    ("Clodius Parnassian", "blunt round", "#eceade", "#3a362e", "#efe8d0 0.2", [
        f("bar", "#7a7a76", t0=0.22, t1=0.29, turn=38, v1=0.5), f("bar", "#7a7a76", t0=0.4, t1=0.48, turn=38, v1=0.45), f("bar", "#8a8a86", t0=0.6, t1=0.66, turn=38, v1=0.5), f("margin", "#a8a8a0", w=0.16),
        f("band", W, u0=0.88, u1=0.92), h("ray", "#2c2a24", v0=0.72, v1=3, u1=0.75), *eye("h", 0.55, 0.12, 0.065, K, "#d8301c"), *eye("h", 0.6, 0.5, 0.06, K, "#d8301c"), h("row", "#9a9a90", u=0.88, r=0.035, n=7)]),
    ("Clouded Sulphur", "std round", "#f4e24a", "#b8b060", "#e4e08a 0.3", [
        b("margin", K, w=0.15), f("spot", K, u=0.5, v=0.32, r=0.05), *eye("h", 0.45, 0.48, 0.06, "#f08a20", "#f4b040"), f("margin", "#f0a0b0", w=0.02), h("margin", "#f0a0b0", w=0.02)]),
    ("Common Banded Awl", "skipper lobe", "#5a4a34 #6a5a40", "#5a6a6a", "#7a6a50 0.3", [
        b("root", "#3f7a86", w=0.5, soft=0.3), h("bar", W, t0=0.27, t1=0.35, turn=-24), f("spot", W, u=0.6, v=0.4, r=0.03), f("margin", "#3a2e1e", w=0.12), h("patch", "#f0b040", u=0.85, v=0.88, du=0.12, dv=0.08)], {"closed": 0.35}),
    ("Common Wood-Nymph", "std scalloped", "#6a4a30", "#5a4028", "#8a6a48 0.35", [
        f("patch", "#f0cc60", u=0.66, v=0.42, du=0.22, dv=0.42), *eye("f", 0.66, 0.22, 0.1, "#3a2418", K, "#a8c0f0"), *eye("f", 0.66, 0.68, 0.1, "#3a2418", K, "#a8c0f0"),
        *eye("h", 0.7, 0.7, 0.045, "#c89a50", K), b("band", "#4a3020", u0=0.9, u1=0.93)]),
    ("Copper Tail", "std twotails", "#e8721c #4a3626", "#6a4a30", "#c8a880 0.3", [
        f("margin", "#4a3020", w=0.12), f("row", K, u=0.68, r=0.045, n=5), f("spot", K, u=0.42, v=0.35, r=0.05), f("spot", K, u=0.25, v=0.4, r=0.04), h("band", "#f0841c", u0=0.74, u1=0.93), h("row", K, u=0.92, r=0.03, n=6), h("sheen", "#7a4a8a", u0=0.1, u1=0.5)]),
    ("Crecent", "blunt round", "#ee8a24", "#4a3a28", "#f0c890 0.4", [
        b("band", K, u0=0.6, u1=0.64, wave=0.02), b("band", K, u0=0.36, u1=0.42, wave=0.03, n=4), b("veins", K, w=0.013, n=8), b("margin", K, w=0.16, scallop=0.25), h("row", K, u=0.74, r=0.03, n=6), b("band", "#f0c080", u0=0.93, u1=0.95), b("root", "#3a2614", w=0.2)]),
    ("Crimson Patch", "long round", "#14100e", "#1c1814", "#2a1c14 0.2", [
        h("patch", "#d8281c", u=0.42, v=0.5, du=0.36, dv=0.36), h("patch", "#f06a20", u=0.3, v=0.55, du=0.2, dv=0.22), f("row", W, u=0.72, r=0.045, n=5), f("row", W, u=0.5, r=0.045, n=3, v0=0.2, v1=0.7), f("row", W, u=0.92, r=0.02, n=6), h("row", W, u=0.94, r=0.022, n=8)]),
    ("Danaid Eggfly", "scalloped scalloped", "#17120f", "#1a1614", "#a06a34 0.35", [
        *eye("f", 0.58, 0.42, 0.2, "#7a3a8a", W, W, W), *eye("f", 0.84, 0.16, 0.09, "#7a3a8a", W, W), *eye("h", 0.5, 0.5, 0.23, "#7a3a8a", W, W, W, W), b("margin", "#3a2a1e", w=0.06), b("band", W, u0=0.955, u1=0.975)]),
    ("Eastern Coma", "ragged ragged", "#e27a1c #7a3c14", "#7a4a24", "#7a6a58 0.6", [
        f("spot", K, u=0.38, v=0.3, r=0.06), f("spot", K, u=0.55, v=0.24, r=0.08), f("spot", K, u=0.7, v=0.12, r=0.07), f("spot", K, u=0.55, v=0.6, r=0.05), f("spot", K, u=0.45, v=0.8, r=0.06), f("spot", K, u=0.62, v=0.86, r=0.06),
        b("margin", "#5a3418", w=0.13), h("spot", K, u=0.4, v=0.3, r=0.07), h("row", "#e89a30", u=0.74, r=0.045, n=6)]),
    ("Eastern Dapple White", "pointed round", "#f7f6f0", "#9a9a8c", "#f0f2dc 0.2", [
        h("mottle", "#8a9a3a", cells=15, t=0.05), f("apex", "#3f463a", t=0.72, k=0.55), f("row", W, u=0.88, r=0.045, n=4, v0=0.05, v1=0.4), f("bar", K, t0=0.36, t1=0.43, turn=50, v1=0.38), f("root", "#6a7078", w=0.22)], {"closed": 0.35}),
    ("Eastern Pine Elfin", "std scalloped", "#8a5028", "#5a3a24", "#7a5030 0.3", [
        b("band", "#3a1e10", u0=0.34, u1=0.42, wave=0.04, n=4), b("band", "#e0c8a8", u0=0.6, u1=0.63, wave=0.05, n=5), b("band", "#3a1e10", u0=0.63, u1=0.72, wave=0.05, n=5), b("band", "#b87a48", u0=0.74, u1=0.84, wave=0.04, n=7), b("row", K, u=0.88, r=0.035, n=7), b("margin", "#e8dcc4", w=0.035), b("rays", K, n=9, fill=0.4, u0=0.94, u1=1.2)], {"closed": 0.4}),
    ("Elbowed Pierrot", "std hair", "#f4f4ee", "#5a5a58", "#f6f6f0 0.2", [
        f("margin", K, w=0.26), f("ray", K, v0=-1, v1=0.13), h("margin", K, w=0.1), h("ray", K, v0=-1, v1=0.1), b("root", "#3a3a40", w=0.2), h("row", K, u=0.76, r=0.03, n=6), f("bar", K, t0=0.3, t1=0.38, turn=-30, v1=0.6), h("root", "#6aa0c8", w=0.22)]),
    ("Gold Banded", "std round", "#1e1a18", "#221c18", "#4a4a4a 0.3", [
        f("bar", "#f0b020", t0=0.42, t1=0.58, turn=34), f("row", "#f0d890", u=0.9, r=0.022, n=4, v0=0.1, v1=0.45), h("row", "#8a6a40", u=0.85, r=0.03, n=7), h("sheen", "#3a2a4a", u0=0.2, u1=0.8)]),
    ("Great Eggfly", "scalloped scalloped", "#12100f", "#141210", "#6a4a2c 0.35", [
        f("patch", "#4a3af0", u=0.55, v=0.45, du=0.28, dv=0.3, soft=0.5), f("spot", W, u=0.55, v=0.45, r=0.085, stretch=0.7), f("patch", "#4a3af0", u=0.84, v=0.14, du=0.13, dv=0.14), f("spot", W, u=0.84, v=0.14, r=0.04), h("patch", "#4a3af0", u=0.5, v=0.5, du=0.32, dv=0.34, soft=0.5), h("spot", W, u=0.5, v=0.5, r=0.11), b("row", W, u=0.88, r=0.02, n=9), b("rays", W, n=7, fill=0.4, u0=0.96, u1=1.2)]),
    ("Great Jay", "pointed round", "#1c1a18", "#2a2a28", "#6a5a50 0.3", [
        f("row", "#b8e8d0", u=0.58, r=0.1, n=7, v0=0.08, v1=0.95, grow=0.45), f("row", "#b8e8d0", u=0.87, r=0.03, n=8), h("ray", "#c8f0dc", v0=0.1, v1=0.8, u0=0.1, u1=0.6), h("veins", K, w=0.016, n=6), h("row", "#b8e8d0", u=0.84, r=0.035, n=6), f("row", "#b8e8d0", u=0.36, r=0.05, n=2, v0=0.15, v1=0.35)]),
    ("Green Celled Cattleheart", "birdwing scalloped", "#141412", "#1a1414", "#2a2020 0.3", [
        f("patch", "#3fc85a", u=0.42, v=0.62, du=0.24, dv=0.3), f("spot", W, u=0.4, v=0.3, r=0.04), h("row", "#e0405a", u=0.55, r=0.1, n=6, v0=0.2, v1=0.95, stretch=1.4), h("veins", K, w=0.014, n=7), h("row", "#e88a9a", u=0.95, r=0.025, n=7)]),
    ("Grey Hairstreak", "std hair", "#8c9096", "#8a8a90", "#c8c8c8 0.45", [
        b("band", W, u0=0.64, u1=0.68, wave=0.015), b("band", K, u0=0.61, u1=0.64, wave=0.015), *eye("h", 0.84, 0.82, 0.11, "#f0641c", "#f0641c", K), h("spot", "#f0641c", u=0.84, v=0.64, r=0.05), h("spot", "#6a90c8", u=0.88, v=0.72, r=0.04), b("margin", "#5a5c62", w=0.05)], {"closed": 0.45}),
    ("Indra Swallow", "std stub", "#1a1814", "#141210", "#2a241c 0.2", [
        b("band", "#f0e4b8", u0=0.62, u1=0.7), b("veins", K, w=0.012, n=8), b("row", "#f0e4b8", u=0.9, r=0.028, n=8), h("row", "#4a8ad8", u=0.8, r=0.045, n=6), *eye("h", 0.72, 0.92, 0.07, "#e87820", "#e87820", K)]),
    ("Iphiclus Sister", "std round", "#4a3022", "#4a3424", "#a88a78 0.35", [
        f("patch", "#f08a1c", u=0.8, v=0.16, du=0.15, dv=0.18), f("bar", W, t0=0.34, t1=0.44, turn=10, v0=0.3), h("bar", W, t0=0.26, t1=0.36, turn=2, v1=0.88), b("band", "#2e1c12", u0=0.88, u1=0.91), f("band", "#6a8ab0", u0=0.2, u1=0.24, v1=0.5)]),
    ("Julia", "verylong round", "#f4741a", "#a8581c", "#e8a860 0.4", [
        f("ray", K, v0=-1, v1=0.05), f("bar", K, t0=0.54, t1=0.6, turn=24, v1=0.42), b("margin", K, w=0.05), f("apex", K, t=0.9, k=0.7), h("margin", "#7a3410", w=0.08)]),
    ("Large Marble", "pointed round", "#f6f2dc", "#a8a890", "#eef0c8 0.25", [
        h("veins", "#a8b03a", w=0.03, n=5), h("mottle", "#a8b03a", cells=8, t=0.35), f("band", "#5a5a50", u0=0.78, u1=0.9, v1=0.45), f("margin", "#8a8a78", w=0.05, v1=0.5), f("bar", K, t0=0.37, t1=0.42, turn=45, v1=0.4), b("root", "#d8d8a0", w=0.3)], {"closed": 0.35}),
    ("Malachite", "scalloped stub", "#1f1612", "#4a4238", "#a0764a 0.35", [
        f("row", "#8fe06a", u=0.52, r=0.11, n=5, v0=0.12, v1=0.92), f("row", "#8fe06a", u=0.8, r=0.06, n=6, v0=0.1, v1=0.9), f("ray", "#8fe06a", v0=0.3, v1=0.5, u0=0.12, u1=0.32), h("band", "#9ae878", u0=0.2, u1=0.58), h("veins", K, w=0.012, n=6), h("row", "#8fe06a", u=0.8, r=0.05, n=7), f("ray", "#8fe06a", v0=0.75, v1=0.92, u0=0.15, u1=0.5)]),
    ("Mangrove Skipper", "skipper skipper", "#1c1a20", "#1c2a3a", "#1c2a4a 0.3", [
        b("root", "#2a7ac8", w=0.4, soft=0.2), b("rays", "#2f8ae0", n=8, fill=0.4, u0=0.35, u1=0.8), h("margin", W, w=0.035), f("row", "#5ab0e8", u=0.72, r=0.04, n=5)]),
    ("Mestra", "std scalloped", "#e4e0d8", "#b0aca4", "#f0c8a0 0.3", [
        h("band", "#f09030", u0=0.72, u1=0.98), f("margin", "#a8a49c", w=0.12), b("band", "#bcb6ac", u0=0.5, u1=0.54, wave=0.03), f("row", W, u=0.8, r=0.045, n=6), b("root", "#b8b4ac", w=0.25, soft=0.3)]),
    ("Metalmark", "blunt round", "#a8481c", "#6a3a20", "#d07a3c 0.35", [
        b("checks", "#3a1a0c", n=8, m=4, fill=0.28, u0=0.1, u1=0.8), b("band", "#d0dce8", u0=0.82, u1=0.86, wave=0.012), b("band", "#d0dce8", u0=0.93, u1=0.96), b("row", K, u=0.89, r=0.018, n=9), b("band", "#c8d0dc", u0=0.5, u1=0.53, wave=0.03, n=5)]),
    ("Milberts Tortoiseshell", "ragged ragged", "#2e1c14", "#2a1c14", "#2a2420 0.6", [
        b("band", "#f0801c", u0=0.62, u1=0.84), b("band", "#f4c850", u0=0.6, u1=0.68), b("margin", "#241610", w=0.14), h("row", "#4a8ae8", u=0.92, r=0.028, n=8), f("spot", "#f0701c", u=0.3, v=0.28, r=0.075), f("spot", "#f0701c", u=0.48, v=0.25, r=0.075), f("spot", W, u=0.86, v=0.08, r=0.04)]),
    ("Monarch", "pointed round", "#f27a12", "#16120f", "#f4b468 0.35", [
        b("veins", K, w=0.02, n=7), b("cell", K, w=0.02, u1=0.55), f("apex", K, t=0.7, k=0.62), f("row", "#f4a050", u=0.78, r=0.045, n=3, v0=0.06, v1=0.3), b("margin", K, w=0.15), b("row", W, u=0.955, r=0.02, n=12), b("row", W, u=0.9, r=0.022, n=11), f("ray", K, v0=-1, v1=0.06)]),
    ("Mourning Cloak", "ragged ragged", "#4a1c1a", "#2a1814", "#2a2220 0.5", [
        b("margin", "#f4e4a4", w=0.12), b("band", "#1c1014", u0=0.74, u1=0.89), b("row", "#4a7af0", u=0.82, r=0.032, n=8), f("spot", "#f4e4a4", u=0.72, v=0.04, r=0.05), f("spot", "#f4e4a4", u=0.5, v=0.03, r=0.05)]),
    ("Orange Oakleaf", "hooked point", "#26425e #6a4a34", "#4a3a2a", "#9a7040 0.6", [
        f("bar", "#f08a1c", t0=0.36, t1=0.58, turn=36), f("apex", K, t=0.82, k=0.55), f("spot", W, u=0.86, v=0.14, r=0.03), f("spot", K, u=0.55, v=0.72, r=0.045), h("root", "#2a4a6a", w=0.65, soft=0.4), h("band", "#3a281a", u0=0.85, u1=0.9, wave=0.03)],
        {"closed": 0.3, "under": [b("mottle", "#6a4a24", cells=16, t=0.4), b("bar", "#4a3018", t0=0.32, t1=0.36, turn=12), b("rays", "#7a5a30", n=7, fill=0.25, u0=0.3, u1=0.9), f("spot", "#e8dcc0", u=0.6, v=0.4, r=0.03)]}),
    ("Orange Tip", "std round", "#fbfaf2", "#8a8a84", "#eef2dc 0.2", [
        f("apex", "#f5801a", t=0.34, k=0.3, soft=0.06), f("apex", "#4a463e", t=0.86, k=0.4), f("spot", K, u=0.45, v=0.3, r=0.045), b("root", "#a8a8a0", w=0.15)]),
    ("Orchard Swallow", "birdwing scalloped", "#1b1918", "#1a1816", "#3a3430 0.3", [
        f("band", "#efe9cf", u0=0.64, u1=0.82, v0=0.1), f("veins", K, w=0.014, n=8), h("patch", "#f4efd6", u=0.42, v=0.45, du=0.32, dv=0.4), h("row", "#d83a20", u=0.82, r=0.05, n=5, v0=0.3, v1=0.95), h("row", "#4a7ad8", u=0.68, r=0.04, n=5, v0=0.4, v1=0.95)]),
    ("Painted Lady", "pointed round", "#e88a44", "#8a6a4a", "#c8b494 0.45", [
        f("apex", K, t=0.62, k=0.55), f("row", W, u=0.88, r=0.03, n=4, v0=0.08, v1=0.32), f("bar", W, t0=0.53, t1=0.58, turn=42, v1=0.24), f("spot", K, u=0.34, v=0.35, r=0.06, stretch=0.6), f("spot", K, u=0.48, v=0.4, r=0.08), f("spot", K, u=0.5, v=0.75, r=0.07), f("root", "#7a5030", w=0.25), h("row", K, u=0.7, r=0.045, n=5), h("row", K, u=0.86, r=0.03, n=7), h("root", "#7a5030", w=0.4), b("rays", W, n=8, fill=0.3, u0=0.96, u1=1.2), h("band", K, u0=0.94, u1=0.965)]),
    ("Paper Kite", "blunt wide", "#f8f6ea", "#2a2a28", "#f4f0d4 0.2", [
        b("root", "#f2ebb4", w=0.28, soft=0.3), b("veins", K, w=0.010, n=8), b("cell", K, w=0.012, u1=0.56), b("row", K, u=0.74, r=0.042, n=8, v0=0.08, v1=0.92, stretch=1.4), b("margin", K, w=0.1), b("row", W, u=0.95, r=0.03, n=9, v0=0.06, v1=0.95), f("spot", K, u=0.42, v=0.32, r=0.06), f("ray", K, v0=-1, v1=0.03), b("row", K, u=0.5, r=0.034, n=3, v0=0.45, v1=0.9)]),
    ("Peacock", "ragged scalloped", "#a8301c #7a3a24", "#4a2a1c", "#1c1614 0.7", [
        b("margin", "#5a4434", w=0.09), *eye("f", 0.76, 0.2, 0.19, "#f0d070", "#c85a20", "#3a4ab8", "#7a2a2a", "#a02a1c"), f("row", W, u=0.8, r=0.022, n=4, v0=0.34, v1=0.62), f("spot", K, u=0.36, v=0.12, r=0.08), f("spot", K, u=0.56, v=0.1, r=0.08), f("spot", "#f0d070", u=0.46, v=0.08, r=0.045), *eye("h", 0.64, 0.27, 0.23, "#d0c4b0", K, "#3f62e0", "#4a6af0", K)]),
    ("Pine White", "std round", "#f7f6f0", "#5a5a56", "#f4f2e4 0.2", [
        f("apex", K, t=0.66, k=0.5), f("row", W, u=0.86, r=0.05, n=5, v0=0.06, v1=0.42, stretch=1.5), f("ray", K, v0=-1, v1=0.1, u1=0.62), f("spot", K, u=0.5, v=0.16, r=0.07), h("veins", "#4a4a44", w=0.008, n=7, u0=0.3), h("band", "#5a5a54", u0=0.84, u1=0.86)]),
    ("Pipevine Swallow", "std swallow", "#1a1a1e", "#141416", "#241c1c 0.2", [
        h("sheen", "#1f8ab8", u0=0.15, u1=0.98), h("row", "#f0ecd0", u=0.86, r=0.035, n=7), f("row", "#7a7a78", u=0.88, r=0.025, n=7), f("sheen", "#2a2f3a", u0=0.2, u1=0.9)],
        {"under": [h("sheen", "#1f6a98", u0=0.3, u1=1.0), h("row", "#f07820", u=0.76, r=0.085, n=6), h("row", W, u=0.93, r=0.025, n=7)]}),
    ("Popinjay", "std scalloped", "#131a20", "#101418", "#3a2c24 0.3", [
        b("sheen", "#1c4a58", u0=0.1, u1=0.7), h("rays", "#c8e8f0", n=7, fill=0.62, u0=0.84, u1=0.96), h("row", "#3a5af0", u=0.82, r=0.04, n=7), h("row", K, u=0.9, r=0.02, n=7), f("row", "#b8d8f0", u=0.92, r=0.018, n=8), f("row", "#5a8ad8", u=0.7, r=0.018, n=5)]),
    ("Purple Hairstreak", "std hair", "#2c2426", "#2a2628", "#b8b4b4 0.55", [
        f("patch", "#6a3ae8", u=0.4, v=0.55, du=0.42, dv=0.4, soft=0.5), h("patch", "#5a30c8", u=0.4, v=0.4, du=0.3, dv=0.25, soft=0.5), b("band", "#d8d4dc", u0=0.78, u1=0.8, wave=0.015), h("spot", "#f08a2a", u=0.84, v=0.85, r=0.055)], {"closed": 0.3}),
    ("Purplish Copper", "std round", "#b86a50", "#7a5448", "#d8a878 0.4", [
        b("sheen", "#8a4aa8", u0=0.05, u1=0.85), b("row", K, u=0.62, r=0.035, n=6), f("row", K, u=0.34, r=0.035, n=3, v0=0.25, v1=0.7), b("margin", "#4a302c", w=0.08), h("band", "#f0781c", u0=0.84, u1=0.92, wave=0.025, n=7), h("row", K, u=0.42, r=0.035, n=3, v0=0.3, v1=0.7)]),
    ("Question Mark", "hooked point", "#d8741c #241812", "#6a4020", "#8a6a58 0.5", [
        f("spot", K, u=0.34, v=0.3, r=0.05), f("spot", K, u=0.52, v=0.24, r=0.07), f("row", K, u=0.58, r=0.045, n=4, v0=0.4, v1=0.92), f("band", K, u0=0.76, u1=0.9, v1=0.7), b("margin", "#b89ad8", w=0.05), h("root", "#7a3c14", w=0.5, soft=0.4)]),
    ("Red Admiral", "ragged scalloped", "#1e1512", "#1c1410", "#3a302a 0.5", [
        f("bar", "#e8431c", t0=0.39, t1=0.5, turn=40), f("patch", W, u=0.74, v=0.12, du=0.06, dv=0.13), f("row", W, u=0.9, r=0.028, n=4, v0=0.08, v1=0.34), h("band", "#e8501c", u0=0.8, u1=0.97, v0=0.15), h("row", K, u=0.88, r=0.024, n=5, v0=0.25), h("spot", "#4a6ad8", u=0.88, v=0.93, r=0.04), b("root", "#4a3020", w=0.4, soft=0.4)]),
    ("Red Cracker", "blunt scalloped", "#3c4c5c", "#3a4048", "#a83a24 0.5", [
        b("mottle", "#8ab4d8", cells=30, t=0.25), b("mottle", "#1c242c", cells=20, t=0.3), f("bar", W, t0=0.5, t1=0.6, turn=26), h("row", "#d8402a", u=0.3, r=0.05, n=4), b("row", "#a8d0f0", u=0.84, r=0.04, n=7), b("row", K, u=0.84, r=0.02, n=7), h("patch", "#d8402a", u=0.24, v=0.6, du=0.2, dv=0.3)]),
    ("Red Postman", "verylong small", "#16110f", "#14100e", "#2a1c18 0.2", [
        f("band", "#e0241c", u0=0.5, u1=0.72, slope=-0.1), h("bar", "#f4e08a", t0=0.02, t1=0.55, turn=0, v0=0.2, v1=0.4), f("ray", "#e0241c", v0=0.6, v1=0.68, u0=0.06, u1=0.3)]),
    ("Red Spotted Purple", "std scalloped", "#1a1f2e", "#161a24", "#2a2430 0.35", [
        b("sheen", "#2a4a98", u0=0.25, u1=0.7), h("band", "#4aa0e8", u0=0.64, u1=0.82), b("row", "#8ac8f4", u=0.92, r=0.03, n=8), f("row", "#e0502a", u=0.82, r=0.04, n=4, v0=0.08, v1=0.34), h("veins", K, w=0.01, n=7, u0=0.5), f("row", W, u=0.93, r=0.022, n=3, v0=0.06, v1=0.22)]),
    ("Scarce Swallow", "std longtail", "#f4ecc4", "#2a2620", "#f4eed0 0.2", [
        f("bar", K, t0=0.06, t1=0.1, turn=8, v1=1.0), f("bar", K, t0=0.2, t1=0.25, turn=12, v1=0.75), f("bar", K, t0=0.36, t1=0.4, turn=18, v1=0.4), f("bar", K, t0=0.48, t1=0.54, turn=24, v1=0.62), f("bar", K, t0=0.63, t1=0.66, turn=28, v1=0.3), f("margin", K, w=0.09), h("margin", K, w=0.14), h("row", "#4a7ae0", u=0.91, r=0.03, n=6, v0=0.35), h("bar", K, t0=0.12, t1=0.16, turn=-20), *eye("h", 0.72, 0.93, 0.09, "#f0801c", "#3a5ae0", K)]),
    ("Silver Spot Skipper", "skipper lobe", "#50341c #4a321e", "#5a4228", "#6a4a2c 0.3", [
        f("bar", "#f0b838", t0=0.3, t1=0.42, turn=36), h("patch", "#f6f6f8", u=0.55, v=0.5, du=0.24, dv=0.22), f("row", W, u=0.76, r=0.022, n=3, v0=0.08, v1=0.22), b("rays", "#c8a878", n=9, fill=0.35, u0=0.95, u1=1.2)], {"closed": 0.4}),
    ("Sleepy Orange", "blunt round", "#f49a24", "#a87a30", "#f0d070 0.45", [
        b("margin", K, w=0.2, scallop=0.28, n=4, lean=0.12), f("spot", K, u=0.45, v=0.34, r=0.03, stretch=0.6), f("ray", K, v0=-1, v1=0.045), b("root", "#b86a18", w=0.14)]),
    ("Sootywing", "skipper round", "#1e1a19", "#1a1716", "#2a2524 0.3", [
        f("row", W, u=0.66, r=0.018, n=6), f("row", W, u=0.86, r=0.014, n=6), f("spot", W, u=0.45, v=0.35, r=0.02), h("row", "#c8c4c0", u=0.7, r=0.012, n=5), b("margin", "#2e2826", w=0.06)]),
    ("Southern Dogface", "pointed round", "#f8de3c", "#a89840", "#f4e67a 0.35", [
        f("margin", K, w=0.24, scallop=0.55, n=2), f("root", K, w=0.3), f("ray", K, v0=-1, v1=0.16), f("spot", K, u=0.52, v=0.3, r=0.065), h("margin", K, w=0.08), h("spot", "#f0a020", u=0.48, v=0.5, r=0.05)]),
    ("Straited Queen", "pointed round", "#8e3f16 #a85420", "#1c1410", "#b87a40 0.3", [
        h("veins", "#ecd8b8", w=0.02, n=7, u0=0.15, u1=0.86), b("margin", K, w=0.12), b("row", W, u=0.94, r=0.02, n=11), f("row", W, u=0.8, r=0.035, n=7, v0=0.06, v1=0.6), f("spot", W, u=0.64, v=0.25, r=0.03), f("ray", K, v0=-1, v1=0.05)]),
    ("Tropical Leafwing", "hooked point", "#d8591c #b84a18", "#7a3a1c", "#8a6a48 0.6", [
        f("apex", "#4a2412", t=0.64, k=0.42), f("spot", "#f0a050", u=0.8, v=0.12, r=0.045), f("spot", "#4a2412", u=0.46, v=0.35, r=0.045), b("margin", "#4a2412", w=0.09), h("row", "#4a2412", u=0.78, r=0.028, n=5), h("ray", "#7a4a30", v0=0.8, v1=3)],
        {"under": [b("mottle", "#5a4430", cells=26, t=0.35), b("bar", "#4a3420", t0=0.4, t1=0.43, turn=-8), b("mottle", "#b8a080", cells=10, t=0.5)]}),
    ("Two Barred Flasher", "skipper lobe", "#1e2228", "#2a90d8", "#3a3a3c 0.3", [
        b("root", "#2fa0f0", w=0.48, soft=0.14), f("bar", W, t0=0.4, t1=0.47, turn=34), f("bar", W, t0=0.6, t1=0.65, turn=34, v1=0.5), h("margin", "#3a3428", w=0.1)]),
    ("Ulyses", "pointed club", "#0f0f12", "#121214", "#4a3a30 0.35", [
        f("patch", "#1f9af8", u=0.32, v=0.55, du=0.42, dv=0.5, soft=0.3), h("patch", "#1f9af8", u=0.34, v=0.45, du=0.42, dv=0.55, soft=0.3), b("sheen", "#18a8ff", u0=0.08, u1=0.5), b("margin", K, w=0.3), f("rays", K, n=7, fill=0.4, u0=0.5, u1=0.8), h("row", "#1f8af0", u=0.82, r=0.03, n=6)]),
    ("Viceroy", "std scalloped", "#e0621a", "#16120f", "#f0a860 0.3", [
        b("veins", K, w=0.017, n=7), h("band", K, u0=0.56, u1=0.62), f("bar", K, t0=0.5, t1=0.66, turn=40, v1=0.4), f("row", W, u=0.78, r=0.03, n=3, v0=0.08, v1=0.28), b("margin", K, w=0.13), b("rays", W, n=9, fill=0.36, u0=0.92, u1=0.97)]),
    ("Wood Satyr", "std round", "#8c7156", "#7a6450", "#a08a70 0.3", [
        *eye("f", 0.72, 0.2, 0.085, "#f0d878", K, K, W), *eye("f", 0.72, 0.62, 0.085, "#f0d878", K, K, W), *eye("h", 0.74, 0.26, 0.085, "#f0d878", K, K, W), *eye("h", 0.74, 0.68, 0.085, "#f0d878", K, K, W), b("band", "#5a4430", u0=0.46, u1=0.49, wave=0.01), b("band", "#5a4430", u0=0.92, u1=0.94)]),
    ("Yellow Swallow Tail", "std swallow", "#f5de52", "#2c281c", "#f4ea9a 0.25", [
        f("root", K, w=0.26), b("veins", K, w=0.013, n=7), f("bar", K, t0=0.34, t1=0.41, turn=42, v1=0.42), f("bar", K, t0=0.5, t1=0.55, turn=42, v1=0.3), b("margin", K, w=0.24), b("row", "#f5de52", u=0.93, r=0.04, n=8, v0=0.07, v1=0.95), h("row", "#3f6ae0", u=0.8, r=0.06, n=6), *eye("h", 0.76, 0.93, 0.1, K, "#e03a20", "#e03a20")]),
    ("Zebra Long Wing", "verylong small", "#13110f", "#171412", "#2a2420 0.2", [
        f("ray", "#f4ec8a", v0=0.36, v1=0.56, u0=0.1, u1=0.62, bend=0.1), f("bar", "#f4ec8a", t0=0.58, t1=0.65, turn=20), f("bar", "#f4ec8a", t0=0.78, t1=0.84, turn=26), h("ray", "#f4ec8a", v0=0.12, v1=0.34, u0=0.1, u1=0.9, bend=-0.06), h("row", "#f4ec8a", u=0.76, r=0.045, n=7, v0=0.35), f("ray", "#f4ec8a", v0=0.8, v1=0.94, u0=0.1, u1=0.72)]),
]  # fmt: skip
