// What libvirt tells by itself. Its callbacks run on the thread that runs its event loop.

#include "CLibvirt.h"
#include "CLibvirtLoad.h"

#include <stdlib.h>

struct watcher {
    gantry_virt_changed changed;
    void *context;
    void (*release)(void *context);
};

static int (*found_virConnectDomainEventRegisterAny)(
    struct _virConnect *, struct _virDomain *, int, void (*)(void), void *, void (*)(void *));
static int (*found_virConnectDomainEventDeregisterAny)(struct _virConnect *, int);

enum { event_lifecycle = 0, event_metadata = 23 };

void gantry_virt_find_events(void) {
    FIND(virConnectDomainEventRegisterAny)
    FIND(virConnectDomainEventDeregisterAny)
}

static void tell(struct _virDomain *domain, void *opaque) {
    struct watcher *watcher = opaque;
    char uuid[37];
    if (gantry_virDomainGetUUIDString(domain, uuid) == 0) watcher->changed(watcher->context, uuid);
}

static int lifecycle(struct _virConnect *connection, struct _virDomain *domain, int event, int detail, void *opaque) {
    (void)connection;
    (void)event;
    (void)detail;
    tell(domain, opaque);
    return 0;
}

static void metadata(
    struct _virConnect *connection, struct _virDomain *domain, int type, const char *uri, void *opaque) {
    (void)connection;
    (void)type;
    (void)uri;
    tell(domain, opaque);
}

static void end(void *opaque) {
    struct watcher *watcher = opaque;
    watcher->release(watcher->context);
    free(watcher);
}

static int watch(
    struct _virConnect *connection, int event, gantry_virt_changed changed, void *context, void (*release)(void *)) {
    struct watcher *watcher = malloc(sizeof *watcher);
    if (watcher == NULL) {
        release(context);
        return -1;
    }
    *watcher = (struct watcher){changed, context, release};
    void (*callback)(void) = event == event_lifecycle ? (void (*)(void))lifecycle : (void (*)(void))metadata;
    int number = found_virConnectDomainEventRegisterAny(connection, NULL, event, callback, watcher, end);
    // libvirt frees what it has taken alone.
    if (number < 0) end(watcher);
    return number;
}

int gantry_virt_watch_definitions(
    struct _virConnect *connection, gantry_virt_changed changed, void *context, void (*release)(void *)) {
    return watch(connection, event_lifecycle, changed, context, release);
}

int gantry_virt_watch_metadata(
    struct _virConnect *connection, gantry_virt_changed changed, void *context, void (*release)(void *)) {
    return watch(connection, event_metadata, changed, context, release);
}

void gantry_virt_unwatch(struct _virConnect *connection, int watch) {
    if (watch >= 0) found_virConnectDomainEventDeregisterAny(connection, watch);
}
