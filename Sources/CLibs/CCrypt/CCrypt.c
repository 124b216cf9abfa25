#define _DEFAULT_SOURCE 1
#include "CCrypt.h"

#include <crypt.h>
#include <stdlib.h>
#include <string.h>

int gantry_crypt(const char *phrase, const char *setting, char *out, size_t size) {
    // 32 KB: too much for the small stacks of some threads.
    struct crypt_data *data = calloc(1, sizeof *data);
    if (!data) return -1;
    int result = -1;
    const char *hash = crypt_r(phrase, setting, data);
    // A failure may be a hash that begins with `*`.
    if (hash && hash[0] != '*' && strlen(hash) < size) {
        memcpy(out, hash, strlen(hash) + 1);
        result = 0;
    }
    explicit_bzero(data, sizeof *data);
    free(data);
    return result;
}
