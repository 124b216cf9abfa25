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
#define LOOK(result, name, parameters, arguments, give) FIND(name)

GANTRY_VIRT_FUNCTIONS(CALL)

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
    GANTRY_VIRT_FUNCTIONS(LOOK)
    gantry_virt_find_values();
    gantry_virt_find_events();
}

const char *gantry_virt_load(void) {
    pthread_once(&once, load);
    return problem[0] == 0 ? NULL : problem;
}
