#define _GNU_SOURCE
#include "CLibSSH.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

ptrdiff_t gantry_find(
    const uint8_t *haystack, size_t haystack_length, const uint8_t *needle, size_t needle_length) {
    const uint8_t *found = memmem(haystack, haystack_length, needle, needle_length);
    return found == NULL ? -1 : found - haystack;
}

int gantry_ssh_set_text(ssh_session session, enum ssh_options_e option, const char *value) {
    return ssh_options_set(session, option, value);
}

int gantry_ssh_set_socket(ssh_session session, int socket) {
    socket_t value = socket;
    return ssh_options_set(session, SSH_OPTIONS_FD, &value);
}

int gantry_ssh_set_process_config(ssh_session session, bool value) {
    return ssh_options_set(session, SSH_OPTIONS_PROCESS_CONFIG, &value);
}

int gantry_resolve(const char *host, bool numeric_only, char *out, size_t capacity) {
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM}, *list = NULL;
    hints.ai_flags = numeric_only ? AI_NUMERICHOST : AI_ADDRCONFIG;
    out[0] = '\0';
    int failure = getaddrinfo(host, NULL, &hints, &list);
    if (failure != 0) {
        return failure;
    }
    size_t used = 0;
    for (const struct addrinfo *entry = list; entry != NULL; entry = entry->ai_next) {
        char text[NI_MAXHOST];
        if (getnameinfo(entry->ai_addr, entry->ai_addrlen, text, sizeof text, NULL, 0, NI_NUMERICHOST) == 0) {
            int length = snprintf(out + used, capacity - used, "%s%s", used == 0 ? "" : "\n", text);
            if (length < 0 || (size_t)length >= capacity - used) {
                out[used] = '\0';
                break;
            }
            used += (size_t)length;
        }
    }
    freeaddrinfo(list);
    return used == 0 ? EAI_NONAME : 0;
}

int gantry_connect(const char *address, uint16_t port) {
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM}, *list = NULL;
    char service[8];
    hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
    (void)snprintf(service, sizeof service, "%u", (unsigned)port);
    if (getaddrinfo(address, service, &hints, &list) != 0) {
        return -EADDRNOTAVAIL;
    }
    int result = socket(list->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (result < 0) {
        result = -errno;
    } else {
        // Where one of these is unknown the connection still works.
        const int on = 1, idle = 15, interval = 10, probes = 3;
        const unsigned patience = 45000;
        (void)setsockopt(result, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        (void)setsockopt(result, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
        (void)setsockopt(result, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof idle);
        (void)setsockopt(result, IPPROTO_TCP, TCP_KEEPINTVL, &interval, sizeof interval);
        (void)setsockopt(result, IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof probes);
        (void)setsockopt(result, IPPROTO_TCP, TCP_USER_TIMEOUT, &patience, sizeof patience);
        if (connect(result, list->ai_addr, list->ai_addrlen) != 0 && errno != EINPROGRESS) {
            int failure = errno;
            close(result);
            result = -failure;
        }
    }
    freeaddrinfo(list);
    return result;
}

int gantry_connect_result(int socket) {
    int failure = 0;
    socklen_t length = sizeof failure;
    return getsockopt(socket, SOL_SOCKET, SO_ERROR, &failure, &length) == 0 ? failure : errno;
}

int gantry_socketpair(int ends[2]) {
    return socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) == 0 ? 0 : errno;
}
