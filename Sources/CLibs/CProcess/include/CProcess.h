#ifndef GANTRY_CPROCESS_H
#define GANTRY_CPROCESS_H

// What the operating system has to be told about our own process and about children, which Swift cannot say.
//
// Child processes as the server needs them, which posix_spawn cannot make: nothing inherited but three descriptors, limits,
// no core dumps, no new privileges. Every function may be called from any thread.

#include <stdbool.h>
#include <sys/types.h>

/// Keeps what this process holds in memory to itself: no core dump, whatever the limits of the caller and the pattern of the
/// kernel say, and no look into it by other processes of the same user. To be called first in `main`; a program that is
/// executed afterwards is as open as ever, but its core dumps have size 0 until it raises the limit. Returns 0, or -1 with
/// `errno` set.
int gantry_process_keep_private(void);

/// Lets this process open as many files and connections as the system lets it. To be called first in `main`. Children get
/// the limit that this process was given: there are programs that cannot count so far. Returns the limit, or 0 if it is
/// not known.
unsigned long gantry_process_open_more_files(void);

/// Lets all threads of this process take memory from one heap: for a program of a few threads that ends soon, which saves
/// what it takes to begin a heap for each. To be called first in `main`.
void gantry_process_keep_one_heap(void);

/// Has what was taken for a moment go back to the system: few heaps, and large pieces apart from them. For a program that
/// runs for months. To be called first in `main`.
void gantry_process_return_memory(void);

/// Gives what is free in the middle of heaps back, too. Takes some milliseconds, in which others wait who take memory.
void gantry_process_trim_memory(void);

/// Names the present thread, as debuggers and `top -H` show it; the system takes 15 bytes.
void gantry_thread_name(const char *name);

/// To whom a child belongs: who gets the signals of a terminal.
enum gantry_process_group {
    /// The group of its parent.
    gantry_process_group_parents = 0,
    /// A group of its own.
    gantry_process_group_own = 1,
    /// A session of its own, without a terminal.
    gantry_process_group_session = 2,
};

/// How a child is started. All zero and false: in the present folder and the parent's group, without limits.
struct gantry_process_settings {
    /// Its working folder, or NULL for the present one.
    const char *directory;
    enum gantry_process_group group;
    /// No core dumps, and setuid programs give it no privileges.
    bool is_confined;
    /// Most bytes of address space; 0: not limited.
    unsigned long memory_bytes;
    /// Most open files; 0: not limited.
    unsigned long open_files;
};

/// Starts `path` (no search) with exactly this environment.
///
/// `input`, `output` and `error` become its descriptors 0, 1 and 2; every other descriptor is closed in it. Signals are
/// at their defaults and unblocked. Returns the process id, or -1 with `errno` set, which also tells why the program could
/// not be executed.
pid_t gantry_process_start(
    const char *path, char *const argv[], char *const envp[], int input, int output, int error,
    const struct gantry_process_settings *settings);

/// Whether the process, a child that is not reaped yet, has ended.
bool gantry_process_has_ended(pid_t process);

/// Waits until the process ends, without reaping it: its id stays its own until `gantry_process_reap`. Returns 0.
int gantry_process_wait(pid_t process);

/// Reaps a process that has ended and returns its raw wait status, or -1.
int gantry_process_reap(pid_t process);

/// A set of descriptors that one thread waits for and others change meanwhile; -1 with `errno` set on failure.
int gantry_watch_new(void);

/// Takes a descriptor into the set.
void gantry_watch_add(int watch, int descriptor);

/// Tells of a descriptor of the set that it can be read, or only of its end; one that is not in it stays out.
void gantry_watch_change(int watch, int descriptor, bool reads);

/// Takes a descriptor out of the set.
void gantry_watch_remove(int watch, int descriptor);

/// Waits until some of its descriptors are ready, at most so many milliseconds (-1: without limit), and writes up to
/// `capacity` of them to `ready`. Returns how many.
int gantry_watch_wait(int watch, int milliseconds, int *ready, int capacity);

/// A descriptor that wakes a poll: close-on-exec and non-blocking; -1 with `errno` set on failure.
int gantry_event_new(void);

/// Makes the event readable.
void gantry_event_signal(int event);

/// Makes the event unreadable again.
void gantry_event_clear(int event);

/// A pipe whose ends are closed on exec. Returns 0, or -1 with `errno` set.
int gantry_pipe(int ends[2]);

/// An empty file without a name, in memory, closed on exec; -1 with `errno` set on failure.
int gantry_memory_file(void);

#endif
