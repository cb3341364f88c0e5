#include "base/status.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { MESSAGE_SIZE = 8192 }; /* a build log's head fits; longer messages are cut */

static _Thread_local char message[MESSAGE_SIZE];

/* In parentheses: what the analyser sees by this name is a macro. */
int(status_set)(int status, const char *format, ...)
{
    char text[MESSAGE_SIZE]; /* the arguments may point into `message` */
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    memcpy(message, text, sizeof message);
    return status;
}

int status_prefix(int status, const char *format, ...)
{
    char text[MESSAGE_SIZE];
    va_list arguments;
    va_start(arguments, format);
    int used = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (used < 0 || (size_t)used >= sizeof text) return status;
    int room = (int)sizeof text - used - 3;
    snprintf(text + used, sizeof text - (size_t)used, ": %.*s", room > 0 ? room : 0, message);
    memcpy(message, text, sizeof message);
    return status;
}

const char *saae_message(void)
{
    return message;
}

const char *saae_status_name(int status)
{
    switch (status) {
    case SAAE_OK: return "SAAE_OK";
    case SAAE_FAILED: return "SAAE_FAILED";
    case SAAE_USAGE: return "SAAE_USAGE";
    case SAAE_INPUT: return "SAAE_INPUT";
    case SAAE_DEVICE: return "SAAE_DEVICE";
    case SAAE_IO: return "SAAE_IO";
    case SAAE_NUMERIC: return "SAAE_NUMERIC";
    case SAAE_MEMORY: return "SAAE_MEMORY";
    case SAAE_INTERRUPTED: return "SAAE_INTERRUPTED";
    default: return "unknown status";
    }
}
