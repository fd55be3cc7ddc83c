/* Status codes and error messages.
 *
 * Every function of the library that can fail returns a cpl_status and takes, as its last argument,
 * a struct cpl_error to fill (NULL is allowed and means that the caller does not want the text).
 * The library never prints, exits or aborts.  The numbers double as the program's exit codes.
 *
 *     struct cpl_error error = {0};
 *     if (cpl_something(argument, &error) != CPL_OK) {
 *         fprintf(stderr, "%s\n", error.message);
 *         return error.status;
 *     }
 */
#ifndef COUPLET_STATUS_H
#define COUPLET_STATUS_H

#if defined(__GNUC__)
#define CPL_API __attribute__((visibility("default")))
#define CPL_PRINTF(format_index, first_index)                                                  \
    __attribute__((format(printf, format_index, first_index)))
#else
#define CPL_API
#define CPL_PRINTF(format_index, first_index)
#endif

typedef enum cpl_status {
    CPL_OK = 0,
    CPL_ERROR_INTERNAL = 1, /* a fault of the library itself */
    CPL_ERROR_USAGE = 2,    /* an argument or option that cannot be */
    CPL_ERROR_INPUT = 3,    /* bad data or a bad file */
    CPL_ERROR_SYSTEM = 4,   /* cannot read, write or allocate */
    CPL_ERROR_STATE = 5,    /* a directory in use, or a resumed run that differs */
    CPL_ERROR_NUMERIC = 6,  /* NaN, infinity, or a check that did not hold */
    CPL_STOPPED = 75        /* stopped on request; what was done is saved */
} cpl_status;

/* The first failure; later ones do not overwrite it. */
struct cpl_error {
    cpl_status status;
    char message[1000]; /* "where: what, expected, found"; UTF-8, one line, no final stop */
};

/* Fills `error` unless it is NULL or already holds a failure; returns `status`, so that callers can
 * write `return cpl_error_set(...)`.  `where` is a path, "path:line", a tensor's or option's name,
 * or NULL. */
CPL_API cpl_status cpl_error_set(struct cpl_error *error, cpl_status status, const char *where,
                                 const char *format, ...) CPL_PRINTF(4, 5);

/* The same with the text of errno behind it; for failed system calls.  Status CPL_ERROR_SYSTEM. */
CPL_API cpl_status cpl_error_errno(struct cpl_error *error, const char *where,
                                   const char *doing);

/* "ok", "bad input" …: a short English name of the status. */
CPL_API const char *cpl_status_name(cpl_status status);

#endif
