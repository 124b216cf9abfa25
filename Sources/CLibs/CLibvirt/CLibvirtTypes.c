// Compares the declarations of CLibvirt.h with libvirt's own, where its headers are installed.

#if __has_include(<libvirt/libvirt.h>)
#include "CLibvirt.h"

#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>

#define SAME(result, name, parameters, arguments, give)                                                                \
    _Static_assert(                                                                                                    \
        __builtin_types_compatible_p(__typeof__(name), __typeof__(gantry_##name)), #name " is declared otherwise");

GANTRY_VIRT_FUNCTIONS(SAME)

_Static_assert(sizeof(virNodeInfo) == 64 && sizeof(virTypedParameter) == 96, "structures have another layout");
_Static_assert(sizeof(virNetworkDHCPLease) == 72 && sizeof(virDomainInterface) == 32, "structures have another layout");
_Static_assert(sizeof(virDomainStatsRecord) == 24, "structures have another layout");
_Static_assert(sizeof(virDomainBlockJobInfo) == 32, "structures have another layout");
_Static_assert(sizeof(virStoragePoolInfo) == 32 && sizeof(virStorageVolInfo) == 24, "structures have another layout");
_Static_assert(sizeof(virConnectCredential) == 48 && sizeof(virConnectAuth) == 32, "structures have another layout");
_Static_assert(
    VIR_DOMAIN_EVENT_ID_LIFECYCLE == 0 && VIR_DOMAIN_EVENT_ID_METADATA_CHANGE == 23, "events have other numbers");
#endif
