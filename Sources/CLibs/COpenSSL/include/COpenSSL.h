#ifndef GANTRY_COPENSSL_H
#define GANTRY_COPENSSL_H

// Small, typed functions over OpenSSL's libcrypto. Each one is self-contained: it keeps no pointer after it returns and
// no global state of its own, so every function may be called from any thread at any time. None of them waits or does
// I/O, except that `gantry_random` may read the kernel's random source.
//
// Every function that can fail returns 0 for success and -1 for failure. After a failure the output holds no secret
// and no unauthenticated plain text. A NULL input is allowed where its length is 0.

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define GANTRY_SHA256_BYTES 32
#define GANTRY_AES256_KEY_BYTES 32
#define GANTRY_GCM_NONCE_BYTES 12
#define GANTRY_GCM_TAG_BYTES 16
#define GANTRY_ED25519_BYTES 32
#define GANTRY_ED25519_SIGNATURE_BYTES 64

/// SHA-256 of `length` bytes into `out` (32 bytes).
int gantry_sha256(const uint8_t *input, size_t length, uint8_t *out);

/// An incremental SHA-256. Owned by one caller at a time; free it with `gantry_sha256_free`.
typedef struct gantry_sha256_state gantry_sha256_state;

/// A new digest, or NULL when there is no memory.
gantry_sha256_state *gantry_sha256_new(void);

/// Adds bytes to the digest.
int gantry_sha256_update(gantry_sha256_state *state, const uint8_t *input, size_t length);

/// The digest of what was added so far, into `out` (32 bytes). The state goes on: more may be added afterwards.
int gantry_sha256_peek(const gantry_sha256_state *state, uint8_t *out);

/// Frees a digest; NULL is allowed.
void gantry_sha256_free(gantry_sha256_state *state);

/// HMAC-SHA-256 of the message into `out` (32 bytes). An empty key is allowed.
int gantry_hmac_sha256(
    const uint8_t *key, size_t key_length, const uint8_t *message, size_t message_length, uint8_t *out);

/// Encrypts with AES-256-GCM.
///
/// `key` has 32 bytes. `nonce` has 12 bytes and must never repeat under one key: fill it with `gantry_random`.
/// `associated` is authenticated but not encrypted. `sealed` receives `plain_length` bytes of cipher text and then the
/// 16 bytes of the tag, so it must hold `plain_length + 16`. Input and output must not overlap.
int gantry_aes256gcm_seal(
    const uint8_t *key, const uint8_t *nonce, const uint8_t *associated, size_t associated_length,
    const uint8_t *plain, size_t plain_length, uint8_t *sealed);

/// Decrypts what `gantry_aes256gcm_seal` made: `sealed` is the cipher text and the tag, `sealed_length` counts both.
///
/// `plain` receives `sealed_length - 16` bytes. Returns -1, with `plain` zeroed, when the key, nonce, associated data,
/// cipher text or tag is not what was sealed.
int gantry_aes256gcm_open(
    const uint8_t *key, const uint8_t *nonce, const uint8_t *associated, size_t associated_length,
    const uint8_t *sealed, size_t sealed_length, uint8_t *plain);

/// PBKDF2 with HMAC-SHA-256 into `out`.
int gantry_pbkdf2_sha256(
    const uint8_t *password, size_t password_length, const uint8_t *salt, size_t salt_length, int rounds, uint8_t *out,
    size_t out_length);

/// AES-256 in counter mode, both ways. `key` has 32 bytes, `counter` 16. `out` holds `length` bytes.
int gantry_aes256ctr(
    const uint8_t *key, const uint8_t *counter, const uint8_t *input, size_t length, uint8_t *out);

/// Fills `out` with bytes from OpenSSL's cryptographic random generator.
int gantry_random(uint8_t *out, size_t length);

/// A new Ed25519 key pair: the raw 32-byte seed (the private key of RFC 8032) and the raw 32-byte public key. These are
/// the bytes that an OpenSSH `openssh-key-v1` file and an `ssh-ed25519` line carry.
int gantry_ed25519_keypair(uint8_t *seed, uint8_t *public_key);

/// The public key that belongs to a seed, each 32 bytes.
int gantry_ed25519_public(const uint8_t *seed, uint8_t *public_key);

/// Signs a message: `signature` receives 64 bytes.
int gantry_ed25519_sign(const uint8_t *seed, const uint8_t *message, size_t length, uint8_t *signature);

/// 0 when the signature (64 bytes) of the message is by that public key.
int gantry_ed25519_verify(
    const uint8_t *public_key, const uint8_t *message, size_t length, const uint8_t *signature);

/// 1 when both ranges hold the same bytes, else 0. Takes the same time wherever they differ.
int gantry_equal_in_constant_time(const uint8_t *left, const uint8_t *right, size_t length);

/// Overwrites a secret in a way that the compiler does not remove.
void gantry_cleanse(uint8_t *bytes, size_t length);

#ifdef __cplusplus
}
#endif

#endif
