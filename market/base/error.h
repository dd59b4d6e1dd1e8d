/// @file
/// Status codes and error details. Every fallible function returns a pp_status and, where it has
/// something to tell, writes one sentence into the caller's pp_error. Nothing here prints or exits.
/// Threads: a pp_error belongs to one thread at a time.
#ifndef PURSUIT_MARKET_BASE_ERROR_H
#define PURSUIT_MARKET_BASE_ERROR_H

#include <stdbool.h>

#if defined(__GNUC__)
#define PP_API             __attribute__((visibility("default")))
#define PP_PRINTF(fmt, va) __attribute__((format(printf, fmt, va)))
#else
#define PP_API
#define PP_PRINTF(fmt, va)
#endif

/// X(code, text). The order is part of the ABI: append only.
#define PP_STATUS_LIST(X)                                                                          \
    X(PP_OK, "ok")                                                                                 \
    X(PP_EINVAL, "invalid argument")                                                               \
    X(PP_ENOMEM, "out of memory")                                                                  \
    X(PP_ESCENARIO, "invalid scenario")                                                            \
    X(PP_EIO, "input/output error")                                                                \
    X(PP_EEXIST, "the output already exists")                                                      \
    X(PP_EFORMAT, "malformed file")                                                                \
    X(PP_ENUMERIC, "numerical failure")                                                            \
    X(PP_EINTERRUPTED, "interrupted")

typedef enum pp_status {
#define PP_STATUS_ENUM(code, text) code,
    PP_STATUS_LIST(PP_STATUS_ENUM)
#undef PP_STATUS_ENUM
} pp_status;

enum { PP_ERROR_MAX = 2048 };

/// Where and why a call failed. Zero-initialise, or pass NULL if the detail is not wanted.
typedef struct pp_error {
    pp_status status;
    char message[PP_ERROR_MAX]; ///< one sentence, no final newline; "" when status is PP_OK
    bool of_trial; ///< set by a run: a trial failed of itself, such as an agent; not the output
} pp_error;

/// The text of a status, e.g. "malformed file"; never NULL.
PP_API const char *pp_status_text(pp_status status);

/// Record a failure; the first one recorded wins, so that a cause is not overwritten by its
/// effects.
/// @return status, so that `return pp_error_set(error, PP_EIO, "...")` reads well
#define pp_error_set(error, status, ...)                                                           \
    pp_status_after((status), pp_error_record((error), (status), __VA_ARGS__))

/// `pp_error_memory(error, "%zu rows", n)`: there is none for them. @return PP_ENOMEM
#define pp_error_memory(error, ...) pp_error_set(error, PP_ENOMEM, "no memory for " __VA_ARGS__)

/// The function behind pp_error_set. @return whether this was the first failure
PP_API int pp_error_record(pp_error *error, pp_status status, const char *format, ...)
    PP_PRINTF(3, 4);

/// Return from the calling function with the status of a call that failed. For calls that leave
/// nothing to clean up.
#define PP_TRY(call)                                                                               \
    do {                                                                                           \
        const pp_status pp_try_status = (call);                                                    \
        if (pp_try_status != PP_OK)                                                                \
            return pp_try_status;                                                                  \
    } while (0)

/// Lets a compiler see that pp_error_set gives back the status it was given.
static inline pp_status pp_status_after(pp_status status, int recorded)
{
    (void)recorded;
    return status;
}

#endif
