/* Text from outside: UTF-8 that is checked before it is used or shown. */
#ifndef SAAE_DATA_UTF8_H
#define SAAE_DATA_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Decodes the character at bytes[*at] (*at < size) and moves *at behind it. False, *at unmoved: no
 * valid character (RFC 3629: cut short, overlong, a surrogate, above U+10FFFF). */
bool utf8_decode(const void *bytes, size_t size, size_t *at, uint32_t *character);

/* True: all of it is UTF-8. False: *at is the offset of the first byte that is not. */
bool utf8_check(const void *bytes, size_t size, size_t *at);

/* `text` fit for a message of one line: control characters and bytes that are not UTF-8 become
 * '?', a long text is cut. Returns `out`. */
enum { UTF8_SHOWN_SIZE = 128 };
const char *utf8_show(char out[UTF8_SHOWN_SIZE], const char *text);

#endif
