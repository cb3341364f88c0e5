#include "data/utf8.h"

#include <string.h>

bool utf8_decode(const void *bytes, size_t size, size_t *at, uint32_t *character)
{
    static const uint32_t smallest[5] = {0, 0, 0x80, 0x800, 0x10000};
    const uint8_t *byte = (const uint8_t *)bytes + *at;
    size_t room = size - *at, length;
    uint32_t value;
    if (byte[0] < 0x80) {
        length = 1, value = byte[0];
    } else if ((byte[0] & 0xe0) == 0xc0) {
        length = 2, value = byte[0] & 0x1f;
    } else if ((byte[0] & 0xf0) == 0xe0) {
        length = 3, value = byte[0] & 0x0f;
    } else if ((byte[0] & 0xf8) == 0xf0) {
        length = 4, value = byte[0] & 0x07;
    } else {
        return false;
    }
    if (length > room) return false;
    for (size_t i = 1; i < length; i++) {
        if ((byte[i] & 0xc0) != 0x80) return false;
        value = value << 6 | (byte[i] & 0x3f);
    }
    if (value < smallest[length] || value > 0x10ffff) return false;
    if (value >= 0xd800 && value <= 0xdfff) return false;
    *at += length;
    *character = value;
    return true;
}

bool utf8_check(const void *bytes, size_t size, size_t *at)
{
    uint32_t character;
    for (*at = 0; *at < size;) {
        if (!utf8_decode(bytes, size, at, &character)) return false;
    }
    return true;
}

const char *utf8_show(char out[UTF8_SHOWN_SIZE], const char *text)
{
    static const char cut[] = "...";
    size_t size = strlen(text), used = 0;
    for (size_t at = 0; at < size;) {
        size_t start = at;
        uint32_t character = '?';
        bool valid = utf8_decode(text, size, &at, &character);
        if (!valid) at++;
        if (character < 0x20 || (character >= 0x7f && character < 0xa0)) valid = false;
        size_t length = valid ? at - start : 1;
        if (used + length + sizeof cut > UTF8_SHOWN_SIZE) {
            memcpy(out + used, cut, sizeof cut);
            return out;
        }
        memcpy(out + used, valid ? text + start : "?", length);
        used += length;
    }
    out[used] = '\0';
    return out;
}
