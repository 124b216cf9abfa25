#define _GNU_SOURCE
#include "CLibSSH.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <unistd.h>

extern char **environ;

ptrdiff_t gantry_find(
    const uint8_t *haystack, size_t haystack_length, const uint8_t *needle, size_t needle_length) {
    const uint8_t *found = memmem(haystack, haystack_length, needle, needle_length);
    return found == NULL ? -1 : found - haystack;
}

pid_t gantry_spawn(char *const *arguments, char *const *environment, int pipes[3]) {
    // ends[i]: what the child reads or writes as descriptor i, and ours.
    int child[3] = {-1, -1, -1}, ours[3] = {-1, -1, -1};
    int failure = 0;
    for (int i = 0; i < 3 && failure == 0; i++) {
        int ends[2];
        if (pipe2(ends, O_CLOEXEC) != 0) {
            failure = errno;
        } else {
            child[i] = i == 0 ? ends[0] : ends[1];
            ours[i] = i == 0 ? ends[1] : ends[0];
            (void)fcntl(ours[i], F_SETFL, fcntl(ours[i], F_GETFL) | O_NONBLOCK);
        }
    }
    pid_t process = -1;
    if (failure == 0) {
        posix_spawn_file_actions_t actions;
        posix_spawnattr_t attributes;
        sigset_t none, all;
        posix_spawn_file_actions_init(&actions);
        posix_spawnattr_init(&attributes);
        for (int i = 0; i < 3; i++) {
            posix_spawn_file_actions_adddup2(&actions, child[i], i);
        }
        sigemptyset(&none);
        sigfillset(&all);
        posix_spawnattr_setsigmask(&attributes, &none);
        posix_spawnattr_setsigdefault(&attributes, &all);
        posix_spawnattr_setflags(
            &attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSID);
        failure = posix_spawn(
            &process, arguments[0], &actions, &attributes, arguments, environment == NULL ? environ : environment);
        posix_spawn_file_actions_destroy(&actions);
        posix_spawnattr_destroy(&attributes);
    }
    for (int i = 0; i < 3; i++) {
        if (child[i] >= 0) {
            close(child[i]);
        }
        if (failure != 0 && ours[i] >= 0) {
            close(ours[i]);
        }
        pipes[i] = failure == 0 ? ours[i] : -1;
    }
    return failure == 0 ? process : -failure;
}
