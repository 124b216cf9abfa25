#ifndef GANTRY_CCRYPT_H
#define GANTRY_CCRYPT_H

// One function over libcrypt. It keeps no pointer after it returns and has no global state, so it may be called from
// any thread at any time. It does no I/O; how long it takes is what the setting asks for.

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/// The hash of a password, as `/etc/shadow` holds it.
///
/// `phrase` and `setting` (such as `$6$rounds=656000$SALT`) are texts that end with a zero byte. The hash with its zero
/// byte is put into the `size` bytes at `out`. Returns 0, or -1 where libcrypt does not know the setting's method,
/// refuses the setting, or the hash does not fit; then `out` is left as it was.
int gantry_crypt(const char *phrase, const char *setting, char *out, size_t size);

#ifdef __cplusplus
}
#endif

#endif
