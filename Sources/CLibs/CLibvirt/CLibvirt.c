#include "CLibvirt.h"

#include "CLibvirtLoad.h"

#include <pthread.h>
#include <stdio.h>

static void *library;
static char problem[512];
static pthread_once_t once = PTHREAD_ONCE_INIT;

// A function of libvirt's: found when the library is opened, called under our name.
#define CALL(result, name, parameters, arguments, give)                                                                \
    static result(*found_##name) parameters;                                                                           \
    result gantry_##name parameters { give found_##name arguments; }

CALL(int, virConnectClose, (struct _virConnect *connection), (connection), return)
CALL(int, virConnectIsAlive, (struct _virConnect *connection), (connection), return)
CALL(
    int, virConnectSetKeepAlive, (struct _virConnect *connection, int interval, unsigned int count), (connection,
    interval, count), return)
CALL(char *, virConnectGetURI, (struct _virConnect *connection), (connection), return)
CALL(char *, virConnectGetHostname, (struct _virConnect *connection), (connection), return)
CALL(char *, virConnectGetCapabilities, (struct _virConnect *connection), (connection), return)
CALL(
    char *, virConnectGetDomainCapabilities, (struct _virConnect *connection, const char *emulator, const char
    *architecture, const char *machine, const char *type, unsigned int flags), (connection, emulator, architecture,
    machine, type, flags), return)
CALL(
    char *, virConnectBaselineCPU, (struct _virConnect *connection, const char **cpus, unsigned int count, unsigned
    int flags), (connection, cpus, count, flags), return)
CALL(unsigned long long, virNodeGetFreeMemory, (struct _virConnect *connection), (connection), return)
CALL(int, virGetLastErrorCode, (void), (), return)
CALL(int, virGetLastErrorDomain, (void), (), return)
CALL(const char *, virGetLastErrorMessage, (void), (), return)
CALL(void, virResetLastError, (void), (), )
CALL(int, virEventRegisterDefaultImpl, (void), (), return)
CALL(int, virEventRunDefaultImpl, (void), (), return)
CALL(
    int, virConnectListAllDomains, (struct _virConnect *connection, struct _virDomain ***domains, unsigned int
    flags), (connection, domains, flags), return)
CALL(
    struct _virDomain *, virDomainLookupByUUIDString, (struct _virConnect *connection, const char *uuid),
    (connection, uuid), return)
CALL(
    struct _virDomain *, virDomainLookupByName, (struct _virConnect *connection, const char *name), (connection,
    name), return)
CALL(
    struct _virDomain *, virDomainDefineXMLFlags, (struct _virConnect *connection, const char *xml, unsigned int
    flags), (connection, xml, flags), return)
CALL(int, virDomainCreateWithFlags, (struct _virDomain *domain, unsigned int flags), (domain, flags), return)
CALL(int, virDomainShutdownFlags, (struct _virDomain *domain, unsigned int flags), (domain, flags), return)
CALL(int, virDomainDestroyFlags, (struct _virDomain *domain, unsigned int flags), (domain, flags), return)
CALL(int, virDomainUndefineFlags, (struct _virDomain *domain, unsigned int flags), (domain, flags), return)
CALL(int, virDomainReboot, (struct _virDomain *domain, unsigned int flags), (domain, flags), return)
CALL(
    int, virDomainGetState, (struct _virDomain *domain, int *state, int *reason, unsigned int flags), (domain,
    state, reason, flags), return)
CALL(char *, virDomainGetXMLDesc, (struct _virDomain *domain, unsigned int flags), (domain, flags), return)
CALL(
    char *, virDomainGetMetadata, (struct _virDomain *domain, int type, const char *uri, unsigned int flags),
    (domain, type, uri, flags), return)
CALL(
    int, virDomainSetMetadata, (struct _virDomain *domain, int type, const char *metadata, const char *key, const
    char *uri, unsigned int flags), (domain, type, metadata, key, uri, flags), return)
CALL(int, virDomainGetUUIDString, (struct _virDomain *domain, char *buffer), (domain, buffer), return)
CALL(const char *, virDomainGetName, (struct _virDomain *domain), (domain), return)
CALL(int, virDomainFree, (struct _virDomain *domain), (domain), return)
CALL(
    int, virDomainSetMemoryFlags, (struct _virDomain *domain, unsigned long kibibytes, unsigned int flags), (domain,
    kibibytes, flags), return)
CALL(
    int, virDomainSetVcpusFlags, (struct _virDomain *domain, unsigned int count, unsigned int flags), (domain,
    count, flags), return)
CALL(int, virDomainSetAutostart, (struct _virDomain *domain, int autostart), (domain, autostart), return)
CALL(
    int, virDomainAttachDeviceFlags, (struct _virDomain *domain, const char *xml, unsigned int flags), (domain, xml,
    flags), return)
CALL(
    int, virDomainDetachDeviceFlags, (struct _virDomain *domain, const char *xml, unsigned int flags), (domain, xml,
    flags), return)
CALL(
    int, virDomainBlockJobAbort, (struct _virDomain *domain, const char *disk, unsigned int flags), (domain, disk,
    flags), return)
CALL(
    int, virConnectListAllNetworks, (struct _virConnect *connection, struct _virNetwork ***networks, unsigned int
    flags), (connection, networks, flags), return)
CALL(
    struct _virNetwork *, virNetworkLookupByName, (struct _virConnect *connection, const char *name), (connection,
    name), return)
CALL(
    struct _virNetwork *, virNetworkLookupByUUIDString, (struct _virConnect *connection, const char *uuid),
    (connection, uuid), return)
CALL(
    struct _virNetwork *, virNetworkDefineXML, (struct _virConnect *connection, const char *xml), (connection, xml),
    return)
CALL(int, virNetworkCreate, (struct _virNetwork *network), (network), return)
CALL(int, virNetworkDestroy, (struct _virNetwork *network), (network), return)
CALL(int, virNetworkUndefine, (struct _virNetwork *network), (network), return)
CALL(int, virNetworkIsActive, (struct _virNetwork *network), (network), return)
CALL(int, virNetworkSetAutostart, (struct _virNetwork *network, int autostart), (network, autostart), return)
CALL(char *, virNetworkGetXMLDesc, (struct _virNetwork *network, unsigned int flags), (network, flags), return)
CALL(
    int, virNetworkUpdate, (struct _virNetwork *network, unsigned int command, unsigned int section, int parent,
    const char *xml, unsigned int flags), (network, command, section, parent, xml, flags), return)
CALL(int, virNetworkGetUUIDString, (struct _virNetwork *network, char *buffer), (network, buffer), return)
CALL(const char *, virNetworkGetName, (struct _virNetwork *network), (network), return)
CALL(int, virNetworkFree, (struct _virNetwork *network), (network), return)
CALL(
    int, virConnectListAllStoragePools, (struct _virConnect *connection, struct _virStoragePool ***pools, unsigned
    int flags), (connection, pools, flags), return)
CALL(
    struct _virStoragePool *, virStoragePoolLookupByName, (struct _virConnect *connection, const char *name),
    (connection, name), return)
CALL(
    struct _virStoragePool *, virStoragePoolDefineXML, (struct _virConnect *connection, const char *xml, unsigned
    int flags), (connection, xml, flags), return)
CALL(int, virStoragePoolBuild, (struct _virStoragePool *pool, unsigned int flags), (pool, flags), return)
CALL(int, virStoragePoolCreate, (struct _virStoragePool *pool, unsigned int flags), (pool, flags), return)
CALL(int, virStoragePoolSetAutostart, (struct _virStoragePool *pool, int autostart), (pool, autostart), return)
CALL(int, virStoragePoolRefresh, (struct _virStoragePool *pool, unsigned int flags), (pool, flags), return)
CALL(int, virStoragePoolIsActive, (struct _virStoragePool *pool), (pool), return)
CALL(
    int, virStoragePoolListAllVolumes, (struct _virStoragePool *pool, struct _virStorageVol ***volumes, unsigned int
    flags), (pool, volumes, flags), return)
CALL(char *, virStoragePoolGetXMLDesc, (struct _virStoragePool *pool, unsigned int flags), (pool, flags), return)
CALL(const char *, virStoragePoolGetName, (struct _virStoragePool *pool), (pool), return)
CALL(int, virStoragePoolFree, (struct _virStoragePool *pool), (pool), return)
CALL(
    struct _virStorageVol *, virStorageVolLookupByName, (struct _virStoragePool *pool, const char *name), (pool,
    name), return)
CALL(
    struct _virStorageVol *, virStorageVolLookupByPath, (struct _virConnect *connection, const char *path),
    (connection, path), return)
CALL(
    struct _virStorageVol *, virStorageVolCreateXML, (struct _virStoragePool *pool, const char *xml, unsigned int
    flags), (pool, xml, flags), return)
CALL(
    struct _virStorageVol *, virStorageVolCreateXMLFrom, (struct _virStoragePool *pool, const char *xml, struct
    _virStorageVol *source, unsigned int flags), (pool, xml, source, flags), return)
CALL(int, virStorageVolDelete, (struct _virStorageVol *volume, unsigned int flags), (volume, flags), return)
CALL(char *, virStorageVolGetPath, (struct _virStorageVol *volume), (volume), return)
CALL(char *, virStorageVolGetXMLDesc, (struct _virStorageVol *volume, unsigned int flags), (volume, flags), return)
CALL(const char *, virStorageVolGetName, (struct _virStorageVol *volume), (volume), return)
CALL(
    int, virStorageVolUpload, (struct _virStorageVol *volume, struct _virStream *stream, unsigned long long offset,
    unsigned long long length, unsigned int flags), (volume, stream, offset, length, flags), return)
CALL(
    int, virStorageVolDownload, (struct _virStorageVol *volume, struct _virStream *stream, unsigned long long
    offset, unsigned long long length, unsigned int flags), (volume, stream, offset, length, flags), return)
CALL(int, virStorageVolFree, (struct _virStorageVol *volume), (volume), return)
CALL(
    struct _virStream *, virStreamNew, (struct _virConnect *connection, unsigned int flags), (connection, flags),
    return)
CALL(int, virStreamSend, (struct _virStream *stream, const char *bytes, size_t count), (stream, bytes, count), return)
CALL(int, virStreamRecv, (struct _virStream *stream, char *bytes, size_t count), (stream, bytes, count), return)
CALL(int, virStreamFinish, (struct _virStream *stream), (stream), return)
CALL(int, virStreamAbort, (struct _virStream *stream), (stream), return)
CALL(int, virStreamFree, (struct _virStream *stream), (stream), return)
CALL(
    int, virConnectListAllNWFilters, (struct _virConnect *connection, struct _virNWFilter ***filters, unsigned int
    flags), (connection, filters, flags), return)
CALL(
    struct _virNWFilter *, virNWFilterLookupByName, (struct _virConnect *connection, const char *name), (connection,
    name), return)
CALL(
    struct _virNWFilter *, virNWFilterDefineXML, (struct _virConnect *connection, const char *xml), (connection,
    xml), return)
CALL(int, virNWFilterUndefine, (struct _virNWFilter *filter), (filter), return)
CALL(char *, virNWFilterGetXMLDesc, (struct _virNWFilter *filter, unsigned int flags), (filter, flags), return)
CALL(const char *, virNWFilterGetName, (struct _virNWFilter *filter), (filter), return)
CALL(int, virNWFilterFree, (struct _virNWFilter *filter), (filter), return)

// MARK: Loading

bool gantry_virt_find(const char *name, void **function) {
    *function = dlsym(library, name);
    if (*function == NULL) snprintf(problem, sizeof problem, "libvirt.so.0 has no %s: it is older than 5.8", name);
    return *function != NULL;
}

static void load(void) {
    library = dlopen("libvirt.so.0", RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) {
        snprintf(problem, sizeof problem, "%s", dlerror());
        return;
    }
    FIND(virConnectClose) FIND(virConnectIsAlive) FIND(virConnectSetKeepAlive) FIND(virConnectGetURI)
    FIND(virConnectGetHostname) FIND(virConnectGetCapabilities) FIND(virConnectGetDomainCapabilities)
    FIND(virConnectBaselineCPU) FIND(virNodeGetFreeMemory) FIND(virGetLastErrorCode) FIND(virGetLastErrorDomain)
    FIND(virGetLastErrorMessage) FIND(virResetLastError) FIND(virEventRegisterDefaultImpl)
    FIND(virEventRunDefaultImpl) FIND(virConnectListAllDomains) FIND(virDomainLookupByUUIDString)
    FIND(virDomainLookupByName) FIND(virDomainDefineXMLFlags) FIND(virDomainCreateWithFlags)
    FIND(virDomainShutdownFlags) FIND(virDomainDestroyFlags) FIND(virDomainUndefineFlags) FIND(virDomainReboot)
    FIND(virDomainGetState) FIND(virDomainGetXMLDesc) FIND(virDomainGetMetadata) FIND(virDomainSetMetadata)
    FIND(virDomainGetUUIDString) FIND(virDomainGetName) FIND(virDomainFree) FIND(virDomainSetMemoryFlags)
    FIND(virDomainSetVcpusFlags) FIND(virDomainSetAutostart) FIND(virDomainAttachDeviceFlags)
    FIND(virDomainDetachDeviceFlags) FIND(virDomainBlockJobAbort) FIND(virConnectListAllNetworks)
    FIND(virNetworkLookupByName) FIND(virNetworkLookupByUUIDString) FIND(virNetworkDefineXML)
    FIND(virNetworkCreate) FIND(virNetworkDestroy) FIND(virNetworkUndefine) FIND(virNetworkIsActive)
    FIND(virNetworkSetAutostart) FIND(virNetworkGetXMLDesc) FIND(virNetworkUpdate) FIND(virNetworkGetUUIDString)
    FIND(virNetworkGetName) FIND(virNetworkFree) FIND(virConnectListAllStoragePools)
    FIND(virStoragePoolLookupByName) FIND(virStoragePoolDefineXML) FIND(virStoragePoolBuild)
    FIND(virStoragePoolCreate) FIND(virStoragePoolSetAutostart) FIND(virStoragePoolRefresh)
    FIND(virStoragePoolIsActive) FIND(virStoragePoolListAllVolumes) FIND(virStoragePoolGetXMLDesc)
    FIND(virStoragePoolGetName) FIND(virStoragePoolFree) FIND(virStorageVolLookupByName)
    FIND(virStorageVolLookupByPath) FIND(virStorageVolCreateXML) FIND(virStorageVolCreateXMLFrom)
    FIND(virStorageVolDelete) FIND(virStorageVolGetPath) FIND(virStorageVolGetXMLDesc) FIND(virStorageVolGetName)
    FIND(virStorageVolUpload) FIND(virStorageVolDownload) FIND(virStorageVolFree) FIND(virStreamNew)
    FIND(virStreamSend) FIND(virStreamRecv) FIND(virStreamFinish) FIND(virStreamAbort) FIND(virStreamFree)
    FIND(virConnectListAllNWFilters) FIND(virNWFilterLookupByName) FIND(virNWFilterDefineXML)
    FIND(virNWFilterUndefine) FIND(virNWFilterGetXMLDesc) FIND(virNWFilterGetName) FIND(virNWFilterFree)
    gantry_virt_find_values();
}

const char *gantry_virt_load(void) {
    pthread_once(&once, load);
    return problem[0] == 0 ? NULL : problem;
}
