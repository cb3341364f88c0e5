#include "train/monitor.h"

#include <math.h>

#include "base/log.h"

enum { SETTLED = 30 }; /* logged steps before a running mean says anything */

void monitor_losses(struct monitor *monitor, const struct step_losses *losses, double share)
{
    if (!isfinite(losses->accuracy_cross)) return; /* not an adversarial step */
    double weight = monitor->seen < SETTLED ? 1.0 / (monitor->seen + 1) : 1.0 / SETTLED;
    monitor->seen++;
    monitor->real += weight * (losses->accuracy_real - monitor->real);
    monitor->generated += weight * (losses->accuracy_generated - monitor->generated);
    monitor->cross += weight * (losses->accuracy_cross - monitor->cross);
    if (monitor->seen < SETTLED) return;
    bool wins = monitor->real > 0.995 && monitor->generated > 0.995;
    if (wins && !monitor->warned_wins) {
        monitor->warned_wins = true;
        log_warning(
            "the discriminator wins outright (%.1f %% of real and %.1f %% of generated images "
            "right): the generator learns little from it; try a higher --adversarial, a lower "
            "second --rates or fewer epochs of step 2",
            100 * monitor->real, 100 * monitor->generated);
    }
    bool chance = share > 0.5 && monitor->cross < 1.5 / monitor->classes;
    if (chance && !monitor->warned_chance) {
        monitor->warned_chance = true;
        log_warning(
            "content accuracy stays at chance: the discriminator finds the content of %.1f %% "
            "of the generated images (chance %.1f %%); train step 3 longer or "
            "raise --adversarial",
            100 * monitor->cross, 100.0 / monitor->classes);
    }
}

/* Mean over pixels of the variance over `count` pictures `stride` floats apart. */
static double variance_over(const float *pictures, int count, size_t stride, size_t pixels)
{
    double total = 0.0;
    for (size_t p = 0; p < pixels; p++) {
        double mean = 0.0, sum = 0.0;
        for (int i = 0; i < count; i++) mean += (double)pictures[(size_t)i * stride + p];
        mean /= count;
        for (int i = 0; i < count; i++) {
            double d = (double)pictures[(size_t)i * stride + p] - mean;
            sum += d * d;
        }
        total += sum / count;
    }
    return total / (double)pixels;
}

double monitor_style_ratio(const float *drawn, const float *real, int styles, int contents,
                           size_t pixels)
{
    double over_styles = 0.0, reference = variance_over(real, styles, pixels, pixels);
    for (int c = 0; c < contents; c++) {
        over_styles +=
            variance_over(drawn + (size_t)c * pixels, styles, (size_t)contents * pixels, pixels);
    }
    return reference > 0.0 ? over_styles / contents / reference : 0.0;
}

void monitor_samples(struct monitor *monitor, const float *drawn, const float *real, int styles,
                     int contents, size_t pixels)
{
    double ratio = monitor_style_ratio(drawn, real, styles, contents, pixels);
    if (styles < 2 || !(ratio < 0.01) || monitor->warned_collapse) return;
    monitor->warned_collapse = true;
    log_warning("the generator has collapsed: its pictures vary over styles by %.2f %% of what the "
                "style images do; try a lower --adversarial or a longer first step",
                100 * ratio);
}
