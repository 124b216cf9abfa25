#ifndef GANTRY_CLIBSSH_H
#define GANTRY_CLIBSSH_H

// libssh with typed options, and what Swift's C library module leaves out or makes unreadable: readiness calls, sockets
// and a search in bytes. Nothing here keeps state of its own.

#include <libssh/callbacks.h>
#include <libssh/libssh.h>
#include <stdbool.h>
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

// MARK: Options of a session; 0 for success, as ssh_options_set.

/// An option that is a text: SSH_OPTIONS_USER, _HOSTKEYS, _KNOWNHOSTS, ...
int gantry_ssh_set_text(ssh_session session, enum ssh_options_e option, const char *value);

/// The connected socket to use. libssh closes it with the session.
int gantry_ssh_set_socket(ssh_session session, int socket);

/// Whether the user's configuration files are read.
int gantry_ssh_set_process_config(ssh_session session, bool value);

// MARK: Sockets

/// Finds the numeric addresses of a host, separated by newlines, into `out`. Blocks unless `host` is numeric already.
/// Returns 0, or the code of getaddrinfo, whose text is `gai_strerror`.
int gantry_resolve(const char *host, bool numeric_only, char *out, size_t capacity);

/// Starts a TCP connection to a numeric address: non-blocking, no delay, dead peers noticed by the kernel within about
/// 45 seconds. Returns the socket or -errno.
int gantry_connect(const char *address, uint16_t port);

/// How a started connection ended, once the socket is writable: 0 or an errno.
int gantry_connect_result(int socket);

/// Two connected non-blocking sockets. Returns 0 or an errno.
int gantry_socketpair(int ends[2]);

#ifdef __cplusplus
}
#endif

#endif
