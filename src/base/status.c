/* Status codes and error messages: see <couplet/status.h>. */
#include <couplet/status.h>

#include "base/number.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

cpl_status cpl_error_set(struct cpl_error *error, cpl_status status, const char *where,
                         const char *format, ...)
{
    if (!error || error->status != CPL_OK)
        return status;
    error->status = status;
    int used = 0;
    if (where)
        used = snprintf(error->message, sizeof error->message, "%s: ", where);
    if (used < 0 || (size_t)used >= sizeof error->message)
        return status;
    va_list arguments;
    va_start(arguments, format);
    cpl_number_format(error->message + used, sizeof error->message - (size_t)used, format,
                      arguments);
    va_end(arguments);
    return status;
}

cpl_status cpl_error_errno(struct cpl_error *error, const char *where, const char *doing)
{
    char memory[128];
    const char *text = strerror_r(errno, memory, sizeof memory); /* GNU's: returns the text */
    return cpl_error_set(error, CPL_ERROR_SYSTEM, where, "cannot %s: %s", doing, text);
}

const char *cpl_status_name(cpl_status status)
{
    switch (status) {
    case CPL_OK: return "ok";
    case CPL_ERROR_INTERNAL: return "internal error";
    case CPL_ERROR_USAGE: return "wrong usage";
    case CPL_ERROR_INPUT: return "bad input";
    case CPL_ERROR_SYSTEM: return "system error";
    case CPL_ERROR_STATE: return "state mismatch";
    case CPL_ERROR_NUMERIC: return "numeric failure";
    case CPL_STOPPED: return "stopped on request";
    }
    return "unknown status";
}
