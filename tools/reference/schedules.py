"""The learning-rate schedules of Couplet, as formulas; shared by the reference scripts.

With s = step counted from 0, W = warm-up steps, S = all steps, m = min_share (default 0):

    s < W       peak * (s + 1) / W
    constant    peak
    linear      peak * (1 - (1 - m) * p)                          p = (s - W) / max(1, S - W)
    cosine      peak * (m + (1 - m) * 0.5 * (1 + cos(pi * p)))
    rsqrt       peak * sqrt(max(W, 1) / (s + 1))
    wsd         peak * (m + (1 - m) * min(1, (S - s) / (0.2 * S)))   the last fifth goes down
"""
import math


def learning_rate(schedule, peak, step, warmup, steps, min_share=0.0):
    if step < warmup:
        return peak * (step + 1) / warmup
    progress = (step - warmup) / max(1, steps - warmup)
    if schedule == "constant":
        return peak
    if schedule == "linear":
        return peak * (1 - (1 - min_share) * progress)
    if schedule == "cosine":
        return peak * (min_share + (1 - min_share) * 0.5 * (1 + math.cos(math.pi * progress)))
    if schedule == "rsqrt":
        return peak * math.sqrt(max(warmup, 1) / (step + 1))
    if schedule == "wsd":
        return peak * (min_share + (1 - min_share) * min(1.0, (steps - step) / (0.2 * steps)))
    raise ValueError(f"no such schedule: {schedule}")
