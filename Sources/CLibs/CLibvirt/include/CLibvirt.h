#ifndef GANTRY_CLIBVIRT_H
#define GANTRY_CLIBVIRT_H

// libvirt's C interface as far as the connector needs it, with the types of libvirt's own headers. The library is
// opened when it is first asked for: a machine without libvirt builds and runs everything else, and needs no headers.
// Where the headers are there, CLibvirtTypes.c compares every declaration with them.
//
// A function answers as libvirt's own does: -1 or NULL is a failure, whose words the same thread gets from
// gantry_virGetLastErrorMessage. None may be called before gantry_virt_load has answered NULL.

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

/// Says a word of QEMU's human monitor; needs libvirt-qemu.so.0. The answer is to be freed; NULL is a failure.
char *gantry_virt_monitor(struct _virDomain *domain, const char *command);

int gantry_virConnectClose(struct _virConnect *connection);
int gantry_virConnectIsAlive(struct _virConnect *connection);
int gantry_virConnectSetKeepAlive(struct _virConnect *connection, int interval, unsigned int count);
char *gantry_virConnectGetURI(struct _virConnect *connection);
char *gantry_virConnectGetHostname(struct _virConnect *connection);
char *gantry_virConnectGetCapabilities(struct _virConnect *connection);
char *gantry_virConnectGetDomainCapabilities(
    struct _virConnect *connection, const char *emulator, const char *architecture, const char *machine, const char
    *type, unsigned int flags);
char *gantry_virConnectBaselineCPU(
    struct _virConnect *connection, const char **cpus, unsigned int count, unsigned int flags);
unsigned long long gantry_virNodeGetFreeMemory(struct _virConnect *connection);
int gantry_virGetLastErrorCode(void);
int gantry_virGetLastErrorDomain(void);
const char *gantry_virGetLastErrorMessage(void);
void gantry_virResetLastError(void);
int gantry_virEventRegisterDefaultImpl(void);
int gantry_virEventRunDefaultImpl(void);
int gantry_virConnectListAllDomains(struct _virConnect *connection, struct _virDomain ***domains, unsigned int flags);
struct _virDomain *gantry_virDomainLookupByUUIDString(struct _virConnect *connection, const char *uuid);
struct _virDomain *gantry_virDomainLookupByName(struct _virConnect *connection, const char *name);
struct _virDomain *gantry_virDomainDefineXMLFlags(
    struct _virConnect *connection, const char *xml, unsigned int flags);
int gantry_virDomainCreateWithFlags(struct _virDomain *domain, unsigned int flags);
int gantry_virDomainShutdownFlags(struct _virDomain *domain, unsigned int flags);
int gantry_virDomainDestroyFlags(struct _virDomain *domain, unsigned int flags);
int gantry_virDomainUndefineFlags(struct _virDomain *domain, unsigned int flags);
int gantry_virDomainReboot(struct _virDomain *domain, unsigned int flags);
int gantry_virDomainGetState(struct _virDomain *domain, int *state, int *reason, unsigned int flags);
char *gantry_virDomainGetXMLDesc(struct _virDomain *domain, unsigned int flags);
char *gantry_virDomainGetMetadata(struct _virDomain *domain, int type, const char *uri, unsigned int flags);
int gantry_virDomainSetMetadata(
    struct _virDomain *domain, int type, const char *metadata, const char *key, const char *uri, unsigned int flags);
int gantry_virDomainGetUUIDString(struct _virDomain *domain, char *buffer);
const char *gantry_virDomainGetName(struct _virDomain *domain);
int gantry_virDomainFree(struct _virDomain *domain);
int gantry_virDomainSetMemoryFlags(struct _virDomain *domain, unsigned long kibibytes, unsigned int flags);
int gantry_virDomainSetVcpusFlags(struct _virDomain *domain, unsigned int count, unsigned int flags);
int gantry_virDomainSetAutostart(struct _virDomain *domain, int autostart);
int gantry_virDomainAttachDeviceFlags(struct _virDomain *domain, const char *xml, unsigned int flags);
int gantry_virDomainDetachDeviceFlags(struct _virDomain *domain, const char *xml, unsigned int flags);
int gantry_virDomainBlockJobAbort(struct _virDomain *domain, const char *disk, unsigned int flags);
int gantry_virConnectListAllNetworks(
    struct _virConnect *connection, struct _virNetwork ***networks, unsigned int flags);
struct _virNetwork *gantry_virNetworkLookupByName(struct _virConnect *connection, const char *name);
struct _virNetwork *gantry_virNetworkLookupByUUIDString(struct _virConnect *connection, const char *uuid);
struct _virNetwork *gantry_virNetworkDefineXML(struct _virConnect *connection, const char *xml);
int gantry_virNetworkCreate(struct _virNetwork *network);
int gantry_virNetworkDestroy(struct _virNetwork *network);
int gantry_virNetworkUndefine(struct _virNetwork *network);
int gantry_virNetworkIsActive(struct _virNetwork *network);
int gantry_virNetworkSetAutostart(struct _virNetwork *network, int autostart);
char *gantry_virNetworkGetXMLDesc(struct _virNetwork *network, unsigned int flags);
int gantry_virNetworkUpdate(
    struct _virNetwork *network, unsigned int command, unsigned int section, int parent, const char *xml, unsigned
    int flags);
int gantry_virNetworkGetUUIDString(struct _virNetwork *network, char *buffer);
const char *gantry_virNetworkGetName(struct _virNetwork *network);
int gantry_virNetworkFree(struct _virNetwork *network);
int gantry_virConnectListAllStoragePools(
    struct _virConnect *connection, struct _virStoragePool ***pools, unsigned int flags);
struct _virStoragePool *gantry_virStoragePoolLookupByName(struct _virConnect *connection, const char *name);
struct _virStoragePool *gantry_virStoragePoolDefineXML(
    struct _virConnect *connection, const char *xml, unsigned int flags);
int gantry_virStoragePoolBuild(struct _virStoragePool *pool, unsigned int flags);
int gantry_virStoragePoolCreate(struct _virStoragePool *pool, unsigned int flags);
int gantry_virStoragePoolSetAutostart(struct _virStoragePool *pool, int autostart);
int gantry_virStoragePoolRefresh(struct _virStoragePool *pool, unsigned int flags);
int gantry_virStoragePoolIsActive(struct _virStoragePool *pool);
int gantry_virStoragePoolListAllVolumes(
    struct _virStoragePool *pool, struct _virStorageVol ***volumes, unsigned int flags);
char *gantry_virStoragePoolGetXMLDesc(struct _virStoragePool *pool, unsigned int flags);
const char *gantry_virStoragePoolGetName(struct _virStoragePool *pool);
int gantry_virStoragePoolFree(struct _virStoragePool *pool);
struct _virStorageVol *gantry_virStorageVolLookupByName(struct _virStoragePool *pool, const char *name);
struct _virStorageVol *gantry_virStorageVolLookupByPath(struct _virConnect *connection, const char *path);
struct _virStorageVol *gantry_virStorageVolCreateXML(
    struct _virStoragePool *pool, const char *xml, unsigned int flags);
struct _virStorageVol *gantry_virStorageVolCreateXMLFrom(
    struct _virStoragePool *pool, const char *xml, struct _virStorageVol *source, unsigned int flags);
int gantry_virStorageVolDelete(struct _virStorageVol *volume, unsigned int flags);
char *gantry_virStorageVolGetPath(struct _virStorageVol *volume);
char *gantry_virStorageVolGetXMLDesc(struct _virStorageVol *volume, unsigned int flags);
const char *gantry_virStorageVolGetName(struct _virStorageVol *volume);
int gantry_virStorageVolUpload(
    struct _virStorageVol *volume, struct _virStream *stream, unsigned long long offset, unsigned long long length,
    unsigned int flags);
int gantry_virStorageVolDownload(
    struct _virStorageVol *volume, struct _virStream *stream, unsigned long long offset, unsigned long long length,
    unsigned int flags);
int gantry_virStorageVolFree(struct _virStorageVol *volume);
struct _virStream *gantry_virStreamNew(struct _virConnect *connection, unsigned int flags);
int gantry_virStreamSend(struct _virStream *stream, const char *bytes, size_t count);
int gantry_virStreamRecv(struct _virStream *stream, char *bytes, size_t count);
int gantry_virStreamFinish(struct _virStream *stream);
int gantry_virStreamAbort(struct _virStream *stream);
int gantry_virStreamFree(struct _virStream *stream);
int gantry_virConnectListAllNWFilters(
    struct _virConnect *connection, struct _virNWFilter ***filters, unsigned int flags);
struct _virNWFilter *gantry_virNWFilterLookupByName(struct _virConnect *connection, const char *name);
struct _virNWFilter *gantry_virNWFilterDefineXML(struct _virConnect *connection, const char *xml);
int gantry_virNWFilterUndefine(struct _virNWFilter *filter);
char *gantry_virNWFilterGetXMLDesc(struct _virNWFilter *filter, unsigned int flags);
const char *gantry_virNWFilterGetName(struct _virNWFilter *filter);
int gantry_virNWFilterFree(struct _virNWFilter *filter);
#ifdef __cplusplus
}
#endif

#endif
