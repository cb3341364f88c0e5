/* Matrix products through CLBlast. */
#include "runtime/internal.h"

#ifndef SAAE_WITH_CLBLAST
#define SAAE_WITH_CLBLAST 1
#endif

#if SAAE_WITH_CLBLAST

#include <clblast_c.h>

#include "base/memory.h"

bool launch_has_product(void)
{
    return true;
}

/* A stored matrix of rows x columns with this row pitch must lie in its buffer. */
static int check_matrix(const char *name, const struct buffer *buffer, int rows, int columns,
                        int pitch)
{
    size_t floats = 0, bytes = 0;
    if (pitch < columns) {
        return status_set(SAAE_DEVICE, "matrix product: %s has %d columns and a row pitch of %d",
                          name, columns, pitch);
    }
    bool fits = size_multiply((size_t)rows - 1, (size_t)pitch, &floats) &&
                size_add(floats, (size_t)columns, &floats) &&
                size_multiply(floats, sizeof(float), &bytes) && bytes <= buffer->bytes;
    if (fits) return SAAE_OK;
    return status_set(SAAE_DEVICE,
                      "matrix product: %s, %d x %d with a row pitch of %d, does not fit into %zu "
                      "bytes",
                      name, rows, columns, pitch, buffer->bytes);
}

int launch_add_product(struct launch_list *list, const struct launch_product *product)
{
    int status = SAAE_OK;
    const struct launch_product *p = product;
    struct launch *launch = NULL;
    if (p->m < 1 || p->n < 1 || p->k < 1) {
        FAIL(SAAE_DEVICE, "matrix product: sizes m %d, n %d, k %d", p->m, p->n, p->k);
    }
    TRY(check_matrix("A", p->a, p->transpose_a ? p->k : p->m, p->transpose_a ? p->m : p->k,
                     p->lda));
    TRY(check_matrix("B", p->b, p->transpose_b ? p->n : p->k, p->transpose_b ? p->k : p->n,
                     p->ldb));
    TRY(check_matrix("C", p->c, p->m, p->n, p->ldc));
    TRY(launch_list_append(list, "CLBlast's sgemm", &launch));
    launch->product = *product;
done:
    return status;
}

cl_int product_enqueue(struct device *device, const struct launch_product *p)
{
    return (cl_int)CLBlastSgemm(
        CLBlastLayoutRowMajor, p->transpose_a ? CLBlastTransposeYes : CLBlastTransposeNo,
        p->transpose_b ? CLBlastTransposeYes : CLBlastTransposeNo, (size_t)p->m, (size_t)p->n,
        (size_t)p->k, p->alpha, p->a->memory, 0, (size_t)p->lda, p->b->memory, 0, (size_t)p->ldb,
        p->beta, p->c->memory, 0, (size_t)p->ldc, &device->queue, NULL);
}

void product_forget(void)
{
    CLBlastClearCache();
}

#else

bool launch_has_product(void)
{
    return false;
}

int launch_add_product(struct launch_list *list, const struct launch_product *product)
{
    (void)list, (void)product;
    return status_set(SAAE_DEVICE, "this build has no CLBlast: choose another algorithm");
}

cl_int product_enqueue(struct device *device, const struct launch_product *product)
{
    (void)device, (void)product;
    return CL_INVALID_OPERATION;
}

void product_forget(void)
{
}

#endif
