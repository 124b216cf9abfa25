#define _GNU_SOURCE
#include "CProcess.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static void limit(int resource, unsigned long value) {
    struct rlimit limits = {.rlim_cur = value, .rlim_max = value};
    setrlimit(resource, &limits);
}

void gantry_thread_name(const char *name) {
    // Longer names are cut there.
    prctl(PR_SET_NAME, (unsigned long)name, 0, 0, 0);
}

// What this process was given before it raised its limit; 0: it did not.
static rlim_t given_open_files;

unsigned long gantry_process_open_more_files(void) {
    struct rlimit limits;
    if (getrlimit(RLIMIT_NOFILE, &limits) != 0) return 0;
    const rlim_t given = limits.rlim_cur;
    if (given < limits.rlim_max) {
        limits.rlim_cur = limits.rlim_max;
        if (setrlimit(RLIMIT_NOFILE, &limits) != 0) return given;
        given_open_files = given;
    }
    return limits.rlim_cur;
}

void gantry_process_keep_one_heap(void) {
    mallopt(M_ARENA_MAX, 1);
}

void gantry_process_return_memory(void) {
    const long processors = sysconf(_SC_NPROCESSORS_ONLN);
    mallopt(M_ARENA_MAX, processors < 2 ? 2 : processors > 4 ? 4 : (int)processors);
    // Set, so that they do not grow with what was once taken.
    mallopt(M_TRIM_THRESHOLD, 128 << 10);
    mallopt(M_MMAP_THRESHOLD, 128 << 10);
}

void gantry_process_trim_memory(void) {
    malloc_trim(0);
}

int gantry_process_keep_private(void) {
    // Both: a pattern that begins with a pipe ignores the limit, and only the limit is inherited.
    struct rlimit limits;
    if (getrlimit(RLIMIT_CORE, &limits) != 0) return -1;
    limits.rlim_cur = 0;
    if (setrlimit(RLIMIT_CORE, &limits) != 0) return -1;
    return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

// Runs in the child between fork and exec: async-signal-safe calls only.
static void become(
    const char *path, char *const argv[], char *const envp[], const int descriptors[3], int report,
    const struct gantry_process_settings *settings) {
    struct sigaction standard;
    memset(&standard, 0, sizeof standard);
    standard.sa_handler = SIG_DFL;
    for (int signal = 1; signal < 32; signal++) sigaction(signal, &standard, NULL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    if (settings->group == gantry_process_group_own) setpgid(0, 0);
    if (settings->group == gantry_process_group_session) setsid();

    // Out of the way of 0 to 2 first, whatever their numbers are.
    int moved[3];
    for (int index = 0; index < 3; index++) {
        moved[index] = fcntl(descriptors[index], F_DUPFD, 10);
        if (moved[index] < 0) goto failed;
    }
    int out = fcntl(report, F_DUPFD, 10);
    if (out < 0) goto failed;
    report = out;
    for (int index = 0; index < 3; index++) {
        if (dup2(moved[index], index) < 0) goto failed;
    }
    if (report != 3) {
        if (dup2(report, 3) < 0) goto failed;
        report = 3;
    }
    fcntl(report, F_SETFD, FD_CLOEXEC);
    closefrom(4);

    if (settings->directory != NULL && chdir(settings->directory) != 0) goto failed;
    if (settings->memory_bytes > 0) limit(RLIMIT_AS, settings->memory_bytes);
    if (settings->open_files > 0) {
        limit(RLIMIT_NOFILE, settings->open_files);
    } else if (given_open_files > 0) {
        struct rlimit limits;
        if (getrlimit(RLIMIT_NOFILE, &limits) == 0) {
            limits.rlim_cur = given_open_files;
            setrlimit(RLIMIT_NOFILE, &limits);
        }
    }
    if (settings->is_confined) {
        limit(RLIMIT_CORE, 0);
        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    }
    execve(path, argv, envp);

failed:;
    int reason = errno;
    ssize_t ignored = write(report, &reason, sizeof reason);
    (void)ignored;
    _exit(127);
}

static pid_t start_once(
    const char *path, char *const argv[], char *const envp[], int input, int output, int error,
    const struct gantry_process_settings *settings) {
    int report[2];
    if (gantry_pipe(report) != 0) return -1;
    const int descriptors[3] = {input, output, error};
    // No handler of the parent may run in the child before it has its own signal state.
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pid_t process = fork();
    if (process == 0) become(path, argv, envp, descriptors, report[1], settings);
    int reason = errno;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    close(report[1]);
    if (process > 0) {
        // The pipe closes at exec; bytes in it say why there was none.
        ssize_t count;
        do {
            count = read(report[0], &reason, sizeof reason);
        } while (count < 0 && errno == EINTR);
        if (count == (ssize_t)sizeof reason) {
            while (waitpid(process, NULL, 0) < 0 && errno == EINTR) {
            }
            process = -1;
        }
    }
    close(report[0]);
    if (process < 0) errno = reason;
    return process;
}

pid_t gantry_process_start(
    const char *path, char *const argv[], char *const envp[], int input, int output, int error,
    const struct gantry_process_settings *settings) {
    for (int tries = 0;; tries++) {
        pid_t process = start_once(path, argv, envp, input, output, error, settings);
        // A program that was written a moment ago: another child, made meanwhile, still has it open until its own exec.
        if (process >= 0 || errno != ETXTBSY || tries == 50) return process;
        usleep(10000);
    }
}

int gantry_process_wait(pid_t process) {
    siginfo_t info;
    int result;
    do {
        result = waitid(P_PID, (id_t)process, &info, WEXITED | WNOWAIT);
    } while (result < 0 && errno == EINTR);
    return result;
}

bool gantry_process_has_ended(pid_t process) {
    siginfo_t info = {0};
    return waitid(P_PID, (id_t)process, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid != 0;
}

int gantry_process_reap(pid_t process) {
    int status = -1;
    pid_t result;
    do {
        result = waitpid(process, &status, 0);
    } while (result < 0 && errno == EINTR);
    return result == process ? status : -1;
}

int gantry_watch_new(void) { return epoll_create1(EPOLL_CLOEXEC); }

void gantry_watch_add(int watch, int descriptor) {
    struct epoll_event event = {.events = EPOLLIN, .data = {.fd = descriptor}};
    epoll_ctl(watch, EPOLL_CTL_ADD, descriptor, &event);
}

void gantry_watch_change(int watch, int descriptor, bool reads) {
    struct epoll_event event = {.events = reads ? EPOLLIN : 0, .data = {.fd = descriptor}};
    epoll_ctl(watch, EPOLL_CTL_MOD, descriptor, &event);
}

void gantry_watch_remove(int watch, int descriptor) { epoll_ctl(watch, EPOLL_CTL_DEL, descriptor, NULL); }

int gantry_watch_wait(int watch, int milliseconds, int *ready, int capacity) {
    struct epoll_event events[8];
    if (capacity > 8) capacity = 8;
    int count = epoll_wait(watch, events, capacity, milliseconds);
    for (int index = 0; index < count; index++) ready[index] = events[index].data.fd;
    return count < 0 ? 0 : count;
}

int gantry_event_new(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }

void gantry_event_signal(int event) {
    uint64_t one = 1;
    ssize_t ignored = write(event, &one, sizeof one);
    (void)ignored;
}

void gantry_event_clear(int event) {
    uint64_t count;
    ssize_t ignored = read(event, &count, sizeof count);
    (void)ignored;
}

int gantry_pipe(int ends[2]) { return pipe2(ends, O_CLOEXEC); }

int gantry_memory_file(void) { return memfd_create("gantry", MFD_CLOEXEC); }
