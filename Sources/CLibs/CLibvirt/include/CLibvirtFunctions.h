#ifndef GANTRY_CLIBVIRT_FUNCTIONS_H
#define GANTRY_CLIBVIRT_FUNCTIONS_H

// The functions of libvirt's that are passed on as they are: F(result, name, parameters, arguments, `return` or nothing).

#define GANTRY_VIRT_FUNCTIONS(F)                                                                                      \
    F(int, virConnectClose, (struct _virConnect *connection), (connection), return)                                   \
    F(int, virConnectIsAlive, (struct _virConnect *connection), (connection), return)                                 \
    F(int, virConnectSetKeepAlive,                                                                                    \
        (struct _virConnect *connection, int interval, unsigned int count), (connection, interval, count), return)    \
    F(char *, virConnectGetURI, (struct _virConnect *connection), (connection), return)                               \
    F(char *, virConnectGetHostname, (struct _virConnect *connection), (connection), return)                          \
    F(char *, virConnectGetCapabilities, (struct _virConnect *connection), (connection), return)                      \
    F(char *, virConnectGetDomainCapabilities,                                                                        \
        (struct _virConnect *connection, const char *emulator, const char *architecture, const char *machine, const   \
        char *type, unsigned int flags), (connection, emulator, architecture, machine, type, flags), return)          \
    F(char *, virConnectBaselineCPU,                                                                                  \
        (struct _virConnect *connection, const char **cpus, unsigned int count, unsigned int flags),                  \
        (connection, cpus, count, flags), return)                                                                     \
    F(unsigned long long, virNodeGetFreeMemory, (struct _virConnect *connection), (connection), return)               \
    F(int, virGetLastErrorCode, (void), (), return)                                                                   \
    F(int, virGetLastErrorDomain, (void), (), return)                                                                 \
    F(const char *, virGetLastErrorMessage, (void), (), return)                                                       \
    F(void, virResetLastError, (void), (), )                                                                          \
    F(int, virEventRegisterDefaultImpl, (void), (), return)                                                           \
    F(int, virEventRunDefaultImpl, (void), (), return)                                                                \
    F(int, virConnectListAllDomains,                                                                                  \
        (struct _virConnect *connection, struct _virDomain ***domains, unsigned int flags),                           \
        (connection, domains, flags), return)                                                                         \
    F(struct _virDomain *, virDomainLookupByUUIDString,                                                               \
        (struct _virConnect *connection, const char *uuid), (connection, uuid), return)                               \
    F(struct _virDomain *, virDomainLookupByName,                                                                     \
        (struct _virConnect *connection, const char *name), (connection, name), return)                               \
    F(struct _virDomain *, virDomainDefineXMLFlags,                                                                   \
        (struct _virConnect *connection, const char *xml, unsigned int flags), (connection, xml, flags), return)      \
    F(int, virDomainCreateWithFlags, (struct _virDomain *domain, unsigned int flags), (domain, flags), return)        \
    F(int, virDomainResume, (struct _virDomain *domain), (domain), return)                                            \
    F(int, virDomainPMWakeup, (struct _virDomain *domain, unsigned int flags), (domain, flags), return)               \
    F(int, virDomainShutdownFlags, (struct _virDomain *domain, unsigned int flags), (domain, flags), return)          \
    F(int, virDomainDestroyFlags, (struct _virDomain *domain, unsigned int flags), (domain, flags), return)           \
    F(int, virDomainUndefineFlags, (struct _virDomain *domain, unsigned int flags), (domain, flags), return)          \
    F(int, virDomainReboot, (struct _virDomain *domain, unsigned int flags), (domain, flags), return)                 \
    F(int, virDomainGetState,                                                                                         \
        (struct _virDomain *domain, int *state, int *reason, unsigned int flags),                                     \
        (domain, state, reason, flags), return)                                                                       \
    F(char *, virDomainGetXMLDesc, (struct _virDomain *domain, unsigned int flags), (domain, flags), return)          \
    F(char *, virDomainGetMetadata,                                                                                   \
        (struct _virDomain *domain, int type, const char *uri, unsigned int flags),                                   \
        (domain, type, uri, flags), return)                                                                           \
    F(int, virDomainSetMetadata,                                                                                      \
        (struct _virDomain *domain, int type, const char *metadata, const char *key, const char *uri, unsigned int    \
        flags), (domain, type, metadata, key, uri, flags), return)                                                    \
    F(int, virDomainGetUUIDString, (struct _virDomain *domain, char *buffer), (domain, buffer), return)               \
    F(const char *, virDomainGetName, (struct _virDomain *domain), (domain), return)                                  \
    F(int, virDomainFree, (struct _virDomain *domain), (domain), return)                                              \
    F(int, virDomainSetMemoryFlags,                                                                                   \
        (struct _virDomain *domain, unsigned long kibibytes, unsigned int flags), (domain, kibibytes, flags), return) \
    F(int, virDomainSetVcpusFlags,                                                                                    \
        (struct _virDomain *domain, unsigned int count, unsigned int flags), (domain, count, flags), return)          \
    F(int, virDomainSetAutostart, (struct _virDomain *domain, int autostart), (domain, autostart), return)            \
    F(int, virDomainAttachDeviceFlags,                                                                                \
        (struct _virDomain *domain, const char *xml, unsigned int flags), (domain, xml, flags), return)               \
    F(int, virDomainDetachDeviceFlags,                                                                                \
        (struct _virDomain *domain, const char *xml, unsigned int flags), (domain, xml, flags), return)               \
    F(int, virDomainBlockJobAbort,                                                                                    \
        (struct _virDomain *domain, const char *disk, unsigned int flags), (domain, disk, flags), return)             \
    F(int, virConnectListAllNetworks,                                                                                 \
        (struct _virConnect *connection, struct _virNetwork ***networks, unsigned int flags),                         \
        (connection, networks, flags), return)                                                                        \
    F(struct _virNetwork *, virNetworkLookupByName,                                                                   \
        (struct _virConnect *connection, const char *name), (connection, name), return)                               \
    F(struct _virNetwork *, virNetworkLookupByUUIDString,                                                             \
        (struct _virConnect *connection, const char *uuid), (connection, uuid), return)                               \
    F(struct _virNetwork *, virNetworkDefineXML,                                                                      \
        (struct _virConnect *connection, const char *xml), (connection, xml), return)                                 \
    F(int, virNetworkCreate, (struct _virNetwork *network), (network), return)                                        \
    F(int, virNetworkDestroy, (struct _virNetwork *network), (network), return)                                       \
    F(int, virNetworkUndefine, (struct _virNetwork *network), (network), return)                                      \
    F(int, virNetworkIsActive, (struct _virNetwork *network), (network), return)                                      \
    F(int, virNetworkSetAutostart, (struct _virNetwork *network, int autostart), (network, autostart), return)        \
    F(char *, virNetworkGetXMLDesc, (struct _virNetwork *network, unsigned int flags), (network, flags), return)      \
    F(int, virNetworkUpdate,                                                                                          \
        (struct _virNetwork *network, unsigned int command, unsigned int section, int parent, const char *xml,        \
        unsigned int flags), (network, command, section, parent, xml, flags), return)                                 \
    F(int, virNetworkGetUUIDString, (struct _virNetwork *network, char *buffer), (network, buffer), return)           \
    F(const char *, virNetworkGetName, (struct _virNetwork *network), (network), return)                              \
    F(int, virNetworkFree, (struct _virNetwork *network), (network), return)                                          \
    F(int, virConnectListAllStoragePools,                                                                             \
        (struct _virConnect *connection, struct _virStoragePool ***pools, unsigned int flags),                        \
        (connection, pools, flags), return)                                                                           \
    F(struct _virStoragePool *, virStoragePoolLookupByName,                                                           \
        (struct _virConnect *connection, const char *name), (connection, name), return)                               \
    F(struct _virStoragePool *, virStoragePoolDefineXML,                                                              \
        (struct _virConnect *connection, const char *xml, unsigned int flags), (connection, xml, flags), return)      \
    F(int, virStoragePoolBuild, (struct _virStoragePool *pool, unsigned int flags), (pool, flags), return)            \
    F(int, virStoragePoolCreate, (struct _virStoragePool *pool, unsigned int flags), (pool, flags), return)           \
    F(int, virStoragePoolSetAutostart, (struct _virStoragePool *pool, int autostart), (pool, autostart), return)      \
    F(int, virStoragePoolRefresh, (struct _virStoragePool *pool, unsigned int flags), (pool, flags), return)          \
    F(int, virStoragePoolIsActive, (struct _virStoragePool *pool), (pool), return)                                    \
    F(int, virStoragePoolListAllVolumes,                                                                              \
        (struct _virStoragePool *pool, struct _virStorageVol ***volumes, unsigned int flags),                         \
        (pool, volumes, flags), return)                                                                               \
    F(char *, virStoragePoolGetXMLDesc, (struct _virStoragePool *pool, unsigned int flags), (pool, flags), return)    \
    F(const char *, virStoragePoolGetName, (struct _virStoragePool *pool), (pool), return)                            \
    F(int, virStoragePoolFree, (struct _virStoragePool *pool), (pool), return)                                        \
    F(struct _virStorageVol *, virStorageVolLookupByName,                                                             \
        (struct _virStoragePool *pool, const char *name), (pool, name), return)                                       \
    F(struct _virStorageVol *, virStorageVolLookupByPath,                                                             \
        (struct _virConnect *connection, const char *path), (connection, path), return)                               \
    F(struct _virStorageVol *, virStorageVolCreateXML,                                                                \
        (struct _virStoragePool *pool, const char *xml, unsigned int flags), (pool, xml, flags), return)              \
    F(struct _virStorageVol *, virStorageVolCreateXMLFrom,                                                            \
        (struct _virStoragePool *pool, const char *xml, struct _virStorageVol *source, unsigned int flags),           \
        (pool, xml, source, flags), return)                                                                           \
    F(int, virStorageVolDelete, (struct _virStorageVol *volume, unsigned int flags), (volume, flags), return)         \
    F(char *, virStorageVolGetPath, (struct _virStorageVol *volume), (volume), return)                                \
    F(char *, virStorageVolGetXMLDesc, (struct _virStorageVol *volume, unsigned int flags), (volume, flags), return)  \
    F(const char *, virStorageVolGetName, (struct _virStorageVol *volume), (volume), return)                          \
    F(int, virStorageVolUpload,                                                                                       \
        (struct _virStorageVol *volume, struct _virStream *stream, unsigned long long offset, unsigned long long      \
        length, unsigned int flags), (volume, stream, offset, length, flags), return)                                 \
    F(int, virStorageVolDownload,                                                                                     \
        (struct _virStorageVol *volume, struct _virStream *stream, unsigned long long offset, unsigned long long      \
        length, unsigned int flags), (volume, stream, offset, length, flags), return)                                 \
    F(int, virStorageVolFree, (struct _virStorageVol *volume), (volume), return)                                      \
    F(struct _virStream *, virStreamNew,                                                                              \
        (struct _virConnect *connection, unsigned int flags), (connection, flags), return)                            \
    F(int, virStreamSend,                                                                                             \
        (struct _virStream *stream, const char *bytes, size_t count), (stream, bytes, count), return)                 \
    F(int, virStreamRecv, (struct _virStream *stream, char *bytes, size_t count), (stream, bytes, count), return)     \
    F(int, virStreamFinish, (struct _virStream *stream), (stream), return)                                            \
    F(int, virStreamAbort, (struct _virStream *stream), (stream), return)                                             \
    F(int, virStreamFree, (struct _virStream *stream), (stream), return)                                              \
    F(int, virConnectListAllNWFilters,                                                                                \
        (struct _virConnect *connection, struct _virNWFilter ***filters, unsigned int flags),                         \
        (connection, filters, flags), return)                                                                         \
    F(struct _virNWFilter *, virNWFilterLookupByName,                                                                 \
        (struct _virConnect *connection, const char *name), (connection, name), return)                               \
    F(struct _virNWFilter *, virNWFilterDefineXML,                                                                    \
        (struct _virConnect *connection, const char *xml), (connection, xml), return)                                 \
    F(int, virNWFilterUndefine, (struct _virNWFilter *filter), (filter), return)                                      \
    F(char *, virNWFilterGetXMLDesc, (struct _virNWFilter *filter, unsigned int flags), (filter, flags), return)      \
    F(const char *, virNWFilterGetName, (struct _virNWFilter *filter), (filter), return)                              \
    F(int, virNWFilterFree, (struct _virNWFilter *filter), (filter), return)

#endif
