#ifndef GANTRY_CLIBVIRT_LOAD_H
#define GANTRY_CLIBVIRT_LOAD_H

#include <dlfcn.h>
#include <stdbool.h>

/// Finds a function of the opened library; false, and the problem is kept, where it has none of that name.
bool gantry_virt_find(const char *name, void **function);

/// Finds the functions of CLibvirtValues.c.
void gantry_virt_find_values(void);

/// Finds the functions of CLibvirtEvents.c.
void gantry_virt_find_events(void);

#define FIND(name)                                                                                                     \
    if (!gantry_virt_find(#name, (void **)&found_##name)) return;

#endif
