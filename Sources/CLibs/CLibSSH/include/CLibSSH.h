#ifndef GANTRY_CLIBSSH_H
#define GANTRY_CLIBSSH_H

// libssh, and what Swift's C library module leaves out: readiness calls, child processes in a session of their own, and
// a search in bytes.

#include <libssh/callbacks.h>
#include <libssh/libssh.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/// The offset of the first occurrence of `needle` in `haystack`, or -1.
ptrdiff_t gantry_find(
    const uint8_t *haystack, size_t haystack_length, const uint8_t *needle, size_t needle_length);

/// Starts a child in a session of its own, with default signals and nothing blocked.
///
/// `arguments` and `environment` are arrays of C strings that end with NULL; an `environment` of NULL means ours.
/// `pipes` receives our ends of standard input, output and error: non-blocking, closed on exec.
/// Returns the process id, or -errno with no descriptor left open.
pid_t gantry_spawn(char *const *arguments, char *const *environment, int pipes[3]);

#ifdef __cplusplus
}
#endif

#endif
