#ifndef GANTRY_CLIBVIRT_H
#define GANTRY_CLIBVIRT_H

// libvirt's C interface as far as the connector needs it, with the types of libvirt's own headers. The library is
// opened when it is first asked for: a machine without libvirt builds and runs everything else, and needs no headers.
// Where the headers are there, CLibvirtTypes.c compares every declaration with them.
//
// A function answers as libvirt's own does: -1 or NULL is a failure, whose words the same thread gets from
// gantry_virGetLastErrorMessage. None may be called before gantry_virt_load has answered NULL.

#include "CLibvirtFunctions.h"

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

struct _virConnect;
struct _virDomain;
struct _virNetwork;
struct _virNWFilter;
struct _virStoragePool;
struct _virStorageVol;
struct _virStream;

/// Opens the library. NULL, or why it cannot be used, a text that stays. Any thread, any number of times.
const char *gantry_virt_load(void);

/// Opens a connection; `user` and `password` answer what the other side asks, where it asks. Blocks.
struct _virConnect *gantry_virt_open(const char *uri, const char *user, const char *password);

/// Keeps libvirt from writing errors to standard error.
void gantry_virt_silence(void);

struct gantry_virt_host {
    unsigned int cpus;
    unsigned long long memory_bytes;
    /// Free, and in use for files and buffers, which the kernel gives up.
    unsigned long long available_bytes;
};
int gantry_virt_host_info(struct _virConnect *connection, struct gantry_virt_host *info);

struct gantry_virt_space {
    unsigned long long capacity, allocation, available;
};
int gantry_virt_pool_space(struct _virStoragePool *pool, struct gantry_virt_space *space);
int gantry_virt_volume_space(struct _virStorageVol *volume, struct gantry_virt_space *space);

/// States of all domains: a line `UUID STATE REASON` each. To be freed.
char *gantry_virt_states(struct _virConnect *connection);

/// Leases of a network: a line `MAC ADDRESS FAMILY EXPIRY` each, family 4 or 6. To be freed.
char *gantry_virt_leases(struct _virNetwork *network);

/// Addresses of a domain from a source of libvirt's: a line `MAC ADDRESS FAMILY` each. To be freed.
char *gantry_virt_addresses(struct _virDomain *domain, unsigned int source);

/// Copies a disk of a domain to where `xml` says, as a job.
int gantry_virt_block_copy(struct _virDomain *domain, const char *disk, const char *xml, unsigned int flags);

struct gantry_virt_job {
    int type;
    unsigned long long current, end;
};
/// 1: `job` tells of it; 0: there is none.
int gantry_virt_block_job(struct _virDomain *domain, const char *disk, struct gantry_virt_job *job);

/// Told on the thread of the event loop, with the UUID of a domain.
typedef void (*gantry_virt_changed)(void *context, const char *uuid);

/// Tells of each domain that is defined, changes its state or is removed, until gantry_virt_unwatch. The number of the
/// watch, or -1 where there are no such events. `release` is called once, when `context` is not needed any more: also
/// where this fails.
int gantry_virt_watch_definitions(
    struct _virConnect *connection, gantry_virt_changed changed, void *context, void (*release)(void *context));

/// The same for changes of metadata.
int gantry_virt_watch_metadata(
    struct _virConnect *connection, gantry_virt_changed changed, void *context, void (*release)(void *context));

/// Has to come before the connection is closed, which stays open until then.
void gantry_virt_unwatch(struct _virConnect *connection, int watch);

/// Says a word of QEMU's human monitor; needs libvirt-qemu.so.0. The answer is to be freed; NULL is a failure.
char *gantry_virt_monitor(struct _virDomain *domain, const char *command);

#define GANTRY_VIRT_DECLARE(result, name, parameters, arguments, give) result gantry_##name parameters;
GANTRY_VIRT_FUNCTIONS(GANTRY_VIRT_DECLARE)
#undef GANTRY_VIRT_DECLARE

#ifdef __cplusplus
}
#endif

#endif
