/* The two macros that pass errors on.  `error` texts are filled where the failure happens. */
#ifndef CPL_BASE_TRY_H
#define CPL_BASE_TRY_H

#include <couplet/status.h>

/* Returns from the function with the status of `call` unless it is CPL_OK. */
#define CPL_TRY(call)                                                                          \
    do {                                                                                       \
        cpl_status try_status_ = (call);                                                       \
        if (try_status_ != CPL_OK)                                                             \
            return try_status_;                                                                \
    } while (0)

/* The same for functions with a clean-up label: needs a local `cpl_status status` and `done:`. */
#define CPL_TRY_GOTO(call)                                                                     \
    do {                                                                                       \
        status = (call);                                                                       \
        if (status != CPL_OK)                                                                  \
            goto done;                                                                         \
    } while (0)

#endif
