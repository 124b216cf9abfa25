// Calls with structures of libvirt's, which become values of our own or lines of text here.

#include "CLibvirt.h"
#include "CLibvirtLoad.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct credential {
    int type;
    const char *prompt, *challenge, *defresult;
    char *result;
    unsigned int resultlen;
};
struct authentication {
    int *types;
    unsigned int count;
    int (*callback)(struct credential *, unsigned int, void *);
    void *data;
};
struct node {
    char model[32];
    unsigned long memory;
    unsigned int cpus, mhz, nodes, sockets, cores, threads;
};
struct node_memory {
    char field[80];
    unsigned long long value;
};
struct pool_info {
    int state;
    unsigned long long capacity, allocation, available;
};
struct volume_info {
    int type;
    unsigned long long capacity, allocation;
};
struct lease {
    char *iface;
    long long expiry;
    int type;
    char *mac, *iaid, *address;
    unsigned int prefix;
    char *hostname, *client;
};
struct address {
    int type;
    char *address;
    unsigned int prefix;
};
struct interface {
    char *name, *mac;
    unsigned int count;
    struct address *addresses;
};
struct parameter {
    char field[80];
    int type;
    union {
        int i;
        unsigned long long ul;
        double d;
        char *s;
    } value;
};
struct record {
    struct _virDomain *domain;
    struct parameter *parameters;
    int count;
};
struct job {
    int type;
    unsigned long bandwidth;
    unsigned long long current, end;
};

static struct _virConnect *(*found_virConnectOpenAuth)(const char *, struct authentication *, unsigned int);
static void (*found_virSetErrorFunc)(void *, void (*)(void *, void *));
static int (*found_virNodeGetInfo)(struct _virConnect *, struct node *);
static int (*found_virNodeGetMemoryStats)(struct _virConnect *, int, struct node_memory *, int *, unsigned int);
static int (*found_virStoragePoolGetInfo)(struct _virStoragePool *, struct pool_info *);
static int (*found_virStorageVolGetInfo)(struct _virStorageVol *, struct volume_info *);
static int (*found_virNetworkGetDHCPLeases)(struct _virNetwork *, const char *, struct lease ***, unsigned int);
static void (*found_virNetworkDHCPLeaseFree)(struct lease *);
static int (*found_virDomainInterfaceAddresses)(struct _virDomain *, struct interface ***, unsigned int, unsigned int);
static void (*found_virDomainInterfaceFree)(struct interface *);
static int (*found_virConnectGetAllDomainStats)(struct _virConnect *, unsigned int, struct record ***, unsigned int);
static void (*found_virDomainStatsRecordListFree)(struct record **);
static int (*found_virDomainBlockCopy)(
    struct _virDomain *, const char *, const char *, struct parameter *, int, unsigned int);
static int (*found_virDomainGetBlockJobInfo)(struct _virDomain *, const char *, struct job *, unsigned int);
static int (*found_virDomainQemuMonitorCommand)(struct _virDomain *, const char *, char **, unsigned int);

enum { credential_username = 1, credential_authname = 2, credential_passphrase = 5, credential_noecho = 7 };

static int answer(struct credential *asked, unsigned int count, void *data) {
    const char **words = data;
    for (unsigned int i = 0; i < count; i++) {
        bool is_name = asked[i].type == credential_username || asked[i].type == credential_authname;
        const char *word = words[is_name ? 0 : 1];
        if (word == NULL) return -1;
        asked[i].result = strdup(word);
        if (asked[i].result == NULL) return -1;
        asked[i].resultlen = (unsigned int)strlen(word);
    }
    return 0;
}

struct _virConnect *gantry_virt_open(const char *uri, const char *user, const char *password) {
    int types[] = {credential_username, credential_authname, credential_passphrase, credential_noecho};
    const char *words[] = {user, password};
    struct authentication authentication = {types, 4, answer, words};
    return found_virConnectOpenAuth(uri, &authentication, 0);
}

static void ignore(void *data, void *error) {
    (void)data;
    (void)error;
}

void gantry_virt_silence(void) { found_virSetErrorFunc(NULL, ignore); }

int gantry_virt_host_info(struct _virConnect *connection, struct gantry_virt_host *info) {
    struct node node;
    if (found_virNodeGetInfo(connection, &node) < 0) return -1;
    info->cpus = node.cpus;
    info->memory_bytes = node.memory * 1024ULL;
    info->available_bytes = 0;
    unsigned long long total = 0;
    int count = 0;
    if (found_virNodeGetMemoryStats(connection, -1, NULL, &count, 0) == 0 && count > 0) {
        struct node_memory *stats = calloc((size_t)count, sizeof *stats);
        if (stats != NULL && found_virNodeGetMemoryStats(connection, -1, stats, &count, 0) == 0) {
            for (int i = 0; i < count; i++) {
                if (strcmp(stats[i].field, "total") != 0) info->available_bytes += stats[i].value * 1024ULL;
                else total = stats[i].value * 1024ULL;
            }
        }
        free(stats);
    }
    if (info->available_bytes == 0) info->available_bytes = gantry_virNodeGetFreeMemory(connection);
    // What is in use is told of all that the machine has, which is more where this is a part of it.
    if (total > info->memory_bytes && info->available_bytes <= total) {
        unsigned long long used = total - info->available_bytes;
        info->available_bytes = used < info->memory_bytes ? info->memory_bytes - used : 0;
    }
    if (info->available_bytes > info->memory_bytes) info->available_bytes = info->memory_bytes;
    return 0;
}

int gantry_virt_pool_space(struct _virStoragePool *pool, struct gantry_virt_space *space) {
    struct pool_info info;
    if (found_virStoragePoolGetInfo(pool, &info) < 0) return -1;
    space->capacity = info.capacity;
    space->allocation = info.allocation;
    space->available = info.available;
    return 0;
}

int gantry_virt_volume_space(struct _virStorageVol *volume, struct gantry_virt_space *space) {
    struct volume_info info;
    if (found_virStorageVolGetInfo(volume, &info) < 0) return -1;
    space->capacity = info.capacity;
    space->allocation = info.allocation;
    space->available = 0;
    return 0;
}

char *gantry_virt_states(struct _virConnect *connection) {
    struct record **records = NULL;
    int count = found_virConnectGetAllDomainStats(connection, 1 /* state */, &records, 0);
    if (count < 0) return NULL;
    char *text = malloc((size_t)count * 64 + 1);
    char *end = text;
    if (text != NULL) *text = 0;
    for (int i = 0; text != NULL && i < count; i++) {
        int state = 0, reason = 0;
        for (int j = 0; j < records[i]->count; j++) {
            struct parameter *parameter = &records[i]->parameters[j];
            if (strcmp(parameter->field, "state.state") == 0) state = parameter->value.i;
            if (strcmp(parameter->field, "state.reason") == 0) reason = parameter->value.i;
        }
        char uuid[37];
        if (gantry_virDomainGetUUIDString(records[i]->domain, uuid) < 0) continue;
        end += snprintf(end, 64, "%s %d %d\n", uuid, state, reason);
    }
    found_virDomainStatsRecordListFree(records);
    return text;
}

char *gantry_virt_leases(struct _virNetwork *network) {
    struct lease **leases = NULL;
    int count = found_virNetworkGetDHCPLeases(network, NULL, &leases, 0);
    if (count < 0) return NULL;
    char *text = malloc((size_t)count * 128 + 1);
    char *end = text;
    if (text != NULL) *text = 0;
    for (int i = 0; i < count; i++) {
        struct lease *lease = leases[i];
        if (text != NULL && lease->mac != NULL && lease->address != NULL && strlen(lease->address) < 64) {
            int family = lease->type == 0 ? 4 : 6;
            end += snprintf(end, 128, "%.17s %s %d %lld\n", lease->mac, lease->address, family, lease->expiry);
        }
        found_virNetworkDHCPLeaseFree(lease);
    }
    free(leases);
    return text;
}

char *gantry_virt_addresses(struct _virDomain *domain, unsigned int source) {
    struct interface **interfaces = NULL;
    int count = found_virDomainInterfaceAddresses(domain, &interfaces, source, 0);
    if (count < 0) return NULL;
    size_t lines = 0;
    for (int i = 0; i < count; i++) lines += interfaces[i]->count;
    char *text = malloc(lines * 96 + 1);
    char *end = text;
    if (text != NULL) *text = 0;
    for (int i = 0; i < count; i++) {
        for (unsigned int j = 0; text != NULL && interfaces[i]->mac != NULL && j < interfaces[i]->count; j++) {
            struct address *address = &interfaces[i]->addresses[j];
            if (strlen(address->address) >= 64) continue;
            int family = address->type == 0 ? 4 : 6;
            end += snprintf(end, 96, "%.17s %s %d\n", interfaces[i]->mac, address->address, family);
        }
        found_virDomainInterfaceFree(interfaces[i]);
    }
    free(interfaces);
    return text;
}

int gantry_virt_block_copy(struct _virDomain *domain, const char *disk, const char *xml, unsigned int flags) {
    return found_virDomainBlockCopy(domain, disk, xml, NULL, 0, flags);
}

int gantry_virt_block_job(struct _virDomain *domain, const char *disk, struct gantry_virt_job *job) {
    struct job info;
    int found = found_virDomainGetBlockJobInfo(domain, disk, &info, 0);
    if (found == 1) {
        job->type = info.type;
        job->current = info.current;
        job->end = info.end;
    }
    return found;
}

char *gantry_virt_monitor(struct _virDomain *domain, const char *command) {
    char *text = NULL;
    if (found_virDomainQemuMonitorCommand == NULL) return NULL;
    return found_virDomainQemuMonitorCommand(domain, command, &text, 1 /* human */) < 0 ? NULL : text;
}

void gantry_virt_find_values(void) {
    FIND(virConnectOpenAuth) FIND(virSetErrorFunc) FIND(virNodeGetInfo) FIND(virNodeGetMemoryStats)
    FIND(virStoragePoolGetInfo) FIND(virStorageVolGetInfo) FIND(virNetworkGetDHCPLeases)
    FIND(virNetworkDHCPLeaseFree) FIND(virDomainInterfaceAddresses) FIND(virDomainInterfaceFree)
    FIND(virConnectGetAllDomainStats) FIND(virDomainStatsRecordListFree) FIND(virDomainBlockCopy)
    FIND(virDomainGetBlockJobInfo)
    void *qemu = dlopen("libvirt-qemu.so.0", RTLD_NOW | RTLD_LOCAL);
    if (qemu != NULL) *(void **)&found_virDomainQemuMonitorCommand = dlsym(qemu, "virDomainQemuMonitorCommand");
}
