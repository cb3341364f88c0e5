/* Maps, their windows, and the forms of the convolution by Fourier transforms. */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "ops/batch_norm.h"
#include "ops/conv2d_fft.h"
#include "ops/load.h"
#include "ops/tile.h"

_Static_assert(sizeof(struct conv2d_fft_maps) <= sizeof(((struct op_form *)0)->parameters),
               "a form holds what describes a spectrum");

/* ---- Windows ---- */

/* The least work: pixels of all windows together. Longer transforms cost more, but little. */
struct conv2d_fft_axis conv2d_fft_axis_make(int size, int taps)
{
    static const int lengths[] = {4, 6, 8, 10, 12, 16, 18, 20, 24, 30, 32, 36, 40, 48};
    const int border = taps / 2;
    struct conv2d_fft_axis best = {0};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        const int length = lengths[i], step = length - 2 * border;
        struct conv2d_fft_axis axis = {length, 1, size, 0, size};
        if (length < size + border) {
            if (step < 1) continue;
            axis =
                (struct conv2d_fft_axis){length, tile_divide_up(size, step), step, border, length};
        }
        if (best.length == 0 || axis.windows * length < best.windows * best.length) best = axis;
    }
    return best;
}

struct conv2d_fft_axis conv2d_fft_axis_x(const struct conv2d_fft_maps *maps)
{
    return conv2d_fft_axis_make(maps->W, maps->S);
}

struct conv2d_fft_axis conv2d_fft_axis_y(const struct conv2d_fft_maps *maps)
{
    return conv2d_fft_axis_make(maps->H, maps->R);
}

int conv2d_fft_windows(const struct conv2d_fft_maps *maps)
{
    return maps->N * conv2d_fft_axis_x(maps).windows * conv2d_fft_axis_y(maps).windows;
}

int conv2d_fft_rows(const struct conv2d_fft_maps *maps)
{
    return tile_divide_up(conv2d_fft_windows(maps), CONV2D_FFT_TILE) * CONV2D_FFT_TILE;
}

int conv2d_fft_vectors(int channels, int VW)
{
    return tile_divide_up(channels, VW);
}

/* PLANE and SLOT of cl/conv2d_fft.clh. */
size_t conv2d_fft_bytes(const struct conv2d_fft_maps *maps)
{
    const size_t line = maps->VW < 16 ? 16 / (size_t)maps->VW : 1;
    const size_t vectors = (size_t)conv2d_fft_vectors(maps->C, maps->VW);
    const size_t plane = (size_t)conv2d_fft_rows(maps) * vectors + line;
    const size_t slots =
        (size_t)(conv2d_fft_axis_x(maps).length / 2) * (size_t)conv2d_fft_axis_y(maps).length;
    return tile_piece(slots * (2 * plane + 4 * line) * (size_t)maps->VW);
}

/* ---- Maps of a call ---- */

size_t conv2d_fft_local_bytes(const struct device_traits *traits)
{
    const size_t most = 640 * 1024;
    return traits->local_bytes < most ? traits->local_bytes : most;
}

/* Is the spectrum too large for the second-level caches of a few cores? From one that all share it
 * comes about as slowly as from memory, and fetching what is overwritten costs as much again. */
static bool streams(const struct conv2d_fft_maps *maps)
{
    const size_t cached = 4 << 20;
    return conv2d_fft_bytes(maps) > cached;
}

/* Local memory for one vector of channels. */
static size_t vector_bytes(const struct conv2d_fft_maps *maps)
{
    const size_t columns = (size_t)conv2d_fft_axis_x(maps).length + 1;
    return (size_t)conv2d_fft_axis_y(maps).last * columns * (size_t)maps->VW * sizeof(float);
}

struct conv2d_fft_maps conv2d_fft_maps_of(const struct op_call *call, int input,
                                          const struct device_traits *traits)
{
    const bool weights = call->kind == OP_conv2d_backward_weights;
    const struct shape s = input < 0 ? call->out[0].shape : call->in[input].shape;
    struct conv2d_fft_maps maps = {
        .N = s.n,
        .H = s.h,
        .W = s.w,
        .C = s.c,
        .R = weights ? call->attributes.filter_h : call->in[1].shape.n,
        .S = weights ? call->attributes.filter_w : call->in[1].shape.h,
        .VW = traits->vector_width,
    };
    const int most = (int)(conv2d_fft_local_bytes(traits) / vector_bytes(&maps));
    const bool one = conv2d_fft_windows(&maps) == maps.N;
    maps.inner = !one && ((weights && input == 1) || input < 0);
    maps.group = tile_min(conv2d_fft_vectors(maps.C, maps.VW), most);
    maps.streams = streams(&maps);
    return maps;
}

/* ---- Launches ---- */

struct launch_grid conv2d_fft_grid(int items)
{
    return (struct launch_grid){.global = {(size_t)items, 1, 1}, .local = {1, 1, 1}};
}

static void maps_options(char text[CONV2D_FFT_OPTIONS], const struct conv2d_fft_maps *maps,
                         bool whole, bool moments)
{
    const struct conv2d_fft_axis x = conv2d_fft_axis_x(maps), y = conv2d_fft_axis_y(maps);
    struct fft_window window = {x.length, 0, x.last, y.length, 0, y.last};
    char of_window[FFT_OPTIONS];
    if (maps->inner) {
        window.x_first = x.before;
        window.x_last = x.before + x.step;
        window.y_first = y.before;
        window.y_last = y.before + y.step;
    }
    fft_window_options(of_window, &window);
    whole = whole && x.windows == 1 && y.windows == 1 && maps->C % maps->VW == 0;
    snprintf(text, CONV2D_FFT_OPTIONS,
             "-DVW=%d -DSTREAMS=%d -DWHOLE=%d -DMOMENTS=%d -DFFT_CODELETS %s", maps->VW,
             maps->streams, whole, moments, of_window);
}

static size_t group_bytes(const struct conv2d_fft_maps *maps)
{
    return (size_t)maps->group * vector_bytes(maps);
}

static int launch_spectrum_loaded(const struct op_form *form, const struct op_load *load,
                                  struct buffer *target, struct launch_list *list)
{
    struct conv2d_fft_maps maps;
    char options[CONV2D_FFT_OPTIONS];
    memcpy(&maps, form->parameters, sizeof maps);
    const struct conv2d_fft_axis x = conv2d_fft_axis_x(&maps), y = conv2d_fft_axis_y(&maps);
    const int rows = conv2d_fft_rows(&maps);
    const int left = maps.inner ? 0 : x.before, top = maps.inner ? 0 : y.before;
    maps_options(options, &maps, true, false);
    load_options(options, sizeof options, load);
    launch_list_maker(list, fft_make_source);
    const int status =
        LOAD_LAUNCH(list, "conv2d_fft_maps", options, "conv2d_fft_forward", conv2d_fft_grid(rows),
                    load, ARG(target), ARG(maps.N), ARG(rows), ARG(x.windows), ARG(y.windows),
                    ARG(x.step), ARG(y.step), ARG(left), ARG(top), ARG(maps.H), ARG(maps.W),
                    ARG(maps.C), ARG(conv2d_fft_vectors(maps.C, maps.VW)), ARG(maps.group),
                    launch_local(group_bytes(&maps)));
    launch_list_maker(list, NULL);
    return status;
}

static int launch_spectrum(const struct op_form *form, struct buffer *source, struct buffer *target,
                           struct launch_list *list)
{
    const struct op_load load = load_memory(source);
    return launch_spectrum_loaded(form, &load, target, list);
}

void conv2d_fft_maps_form(const struct conv2d_fft_maps *maps, struct op_form *form)
{
    form->name = "spectrum";
    form->bytes = conv2d_fft_bytes(maps);
    form->launch = launch_spectrum;
    form->launch_loaded = launch_spectrum_loaded;
    memcpy(form->parameters, maps, sizeof *maps);
}

/* Local memory of the inverse that leaves moments. */
static size_t moments_bytes(const struct conv2d_fft_maps *maps)
{
    const size_t vectors = (size_t)conv2d_fft_axis_x(maps).length + 3 * (size_t)maps->group;
    return group_bytes(maps) + vectors * (size_t)maps->VW * sizeof(float);
}

bool conv2d_fft_leaves(const struct op_call *call, const struct device_traits *traits,
                       const struct op_form *form)
{
    const struct conv2d_fft_maps maps = conv2d_fft_maps_of(call, -1, traits);
    struct batch_norm_moments m;
    if (call->kind == OP_conv2d_infer) return false; /* its sums are not yet what it writes */
    return batch_norm_moments_of(form, &m) && m.parts == maps.N && m.pixels % maps.W == 0 &&
           conv2d_fft_windows(&maps) == maps.N && maps.C % maps.VW == 0 &&
           !(call->accumulate & 1u) && moments_bytes(&maps) <= traits->local_bytes;
}

int conv2d_fft_launch_inverse(struct launch_list *list, const struct conv2d_fft_maps *maps,
                              const struct op_buffers *buffers, const struct conv2d_finish *finish,
                              int accumulate)
{
    const struct conv2d_fft_axis x = conv2d_fft_axis_x(maps), y = conv2d_fft_axis_y(maps);
    const int windows = conv2d_fft_windows(maps);
    char options[CONV2D_FFT_OPTIONS];
    struct batch_norm_moments m = {.pixels = maps->W};
    struct buffer *moments = buffers->left ? buffers->left : buffers->out[0]; /* not used */
    if (buffers->left) batch_norm_moments_of(buffers->left_form, &m);
    maps_options(options, maps, !accumulate, buffers->left != NULL);
    launch_list_maker(list, fft_make_source);
    const int status =
        LAUNCH(list, "conv2d_fft_maps", options, "conv2d_fft_inverse", conv2d_fft_grid(windows),
               ARG(buffers->workspace), ARG(buffers->out[0]), ARG(windows),
               ARG(conv2d_fft_rows(maps)), ARG(x.windows), ARG(y.windows), ARG(x.step), ARG(y.step),
               ARG(maps->H), ARG(maps->W), ARG(maps->C), ARG(conv2d_fft_vectors(maps->C, maps->VW)),
               ARG(maps->group), ARG(accumulate), ARG(finish->parts), ARG(finish->bias),
               ARG(finish->addend), ARG(finish->slope), ARG(moments), ARG(m.pixels / maps->W),
               launch_local(buffers->left ? moments_bytes(maps) : group_bytes(maps)));
    launch_list_maker(list, NULL);
    return status;
}
