// Compares the declarations of CLibvirt.h with libvirt's own, where its headers are installed.

#if __has_include(<libvirt/libvirt.h>)
#include "CLibvirt.h"

#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>

#define SAME(name)                                                                                                     \
    _Static_assert(                                                                                                    \
        __builtin_types_compatible_p(__typeof__(name), __typeof__(gantry_##name)), #name " is declared otherwise");

SAME(virConnectClose) SAME(virConnectIsAlive) SAME(virConnectSetKeepAlive) SAME(virConnectGetURI)
SAME(virConnectGetHostname) SAME(virConnectGetCapabilities) SAME(virConnectGetDomainCapabilities)
SAME(virConnectBaselineCPU) SAME(virNodeGetFreeMemory) SAME(virGetLastErrorCode) SAME(virGetLastErrorDomain)
SAME(virGetLastErrorMessage) SAME(virResetLastError) SAME(virEventRegisterDefaultImpl)
SAME(virEventRunDefaultImpl) SAME(virConnectListAllDomains) SAME(virDomainLookupByUUIDString)
SAME(virDomainLookupByName) SAME(virDomainDefineXMLFlags) SAME(virDomainCreateWithFlags)
SAME(virDomainShutdownFlags) SAME(virDomainDestroyFlags) SAME(virDomainUndefineFlags) SAME(virDomainReboot)
SAME(virDomainGetState) SAME(virDomainGetXMLDesc) SAME(virDomainGetMetadata) SAME(virDomainSetMetadata)
SAME(virDomainGetUUIDString) SAME(virDomainGetName) SAME(virDomainFree) SAME(virDomainSetMemoryFlags)
SAME(virDomainSetVcpusFlags) SAME(virDomainSetAutostart) SAME(virDomainAttachDeviceFlags)
SAME(virDomainDetachDeviceFlags) SAME(virDomainBlockJobAbort) SAME(virConnectListAllNetworks)
SAME(virNetworkLookupByName) SAME(virNetworkLookupByUUIDString) SAME(virNetworkDefineXML)
SAME(virNetworkCreate) SAME(virNetworkDestroy) SAME(virNetworkUndefine) SAME(virNetworkIsActive)
SAME(virNetworkSetAutostart) SAME(virNetworkGetXMLDesc) SAME(virNetworkUpdate) SAME(virNetworkGetUUIDString)
SAME(virNetworkGetName) SAME(virNetworkFree) SAME(virConnectListAllStoragePools)
SAME(virStoragePoolLookupByName) SAME(virStoragePoolDefineXML) SAME(virStoragePoolBuild)
SAME(virStoragePoolCreate) SAME(virStoragePoolSetAutostart) SAME(virStoragePoolRefresh)
SAME(virStoragePoolIsActive) SAME(virStoragePoolListAllVolumes) SAME(virStoragePoolGetXMLDesc)
SAME(virStoragePoolGetName) SAME(virStoragePoolFree) SAME(virStorageVolLookupByName)
SAME(virStorageVolLookupByPath) SAME(virStorageVolCreateXML) SAME(virStorageVolCreateXMLFrom)
SAME(virStorageVolDelete) SAME(virStorageVolGetPath) SAME(virStorageVolGetXMLDesc) SAME(virStorageVolGetName)
SAME(virStorageVolUpload) SAME(virStorageVolDownload) SAME(virStorageVolFree) SAME(virStreamNew)
SAME(virStreamSend) SAME(virStreamRecv) SAME(virStreamFinish) SAME(virStreamAbort) SAME(virStreamFree)
SAME(virConnectListAllNWFilters) SAME(virNWFilterLookupByName) SAME(virNWFilterDefineXML)
SAME(virNWFilterUndefine) SAME(virNWFilterGetXMLDesc) SAME(virNWFilterGetName) SAME(virNWFilterFree)

_Static_assert(sizeof(virNodeInfo) == 64 && sizeof(virTypedParameter) == 96, "structures have another layout");
_Static_assert(sizeof(virNetworkDHCPLease) == 72 && sizeof(virDomainInterface) == 32, "structures have another layout");
_Static_assert(sizeof(virDomainStatsRecord) == 24, "structures have another layout");
_Static_assert(sizeof(virDomainBlockJobInfo) == 32, "structures have another layout");
_Static_assert(sizeof(virStoragePoolInfo) == 32 && sizeof(virStorageVolInfo) == 24, "structures have another layout");
_Static_assert(sizeof(virConnectCredential) == 48 && sizeof(virConnectAuth) == 32, "structures have another layout");
#endif
