#include "COpenSSL.h"

#include <limits.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>

// OpenSSL takes some lengths as `int`: larger inputs are refused rather than cut.
static int fits(size_t length) { return length <= INT_MAX; }

int gantry_sha256(const uint8_t *input, size_t length, uint8_t *out) {
    unsigned int written = 0;
    static const uint8_t none = 0;
    if (EVP_Digest(input ? input : &none, length, out, &written, EVP_sha256(), NULL) != 1) return -1;
    return written == GANTRY_SHA256_BYTES ? 0 : -1;
}

struct gantry_sha256_state {
    EVP_MD_CTX *context;
};

gantry_sha256_state *gantry_sha256_new(void) {
    gantry_sha256_state *state = malloc(sizeof *state);
    if (!state) return NULL;
    state->context = EVP_MD_CTX_new();
    if (!state->context || EVP_DigestInit_ex(state->context, EVP_sha256(), NULL) != 1) {
        gantry_sha256_free(state);
        return NULL;
    }
    return state;
}

int gantry_sha256_update(gantry_sha256_state *state, const uint8_t *input, size_t length) {
    if (length == 0) return 0;
    return EVP_DigestUpdate(state->context, input, length) == 1 ? 0 : -1;
}

int gantry_sha256_peek(const gantry_sha256_state *state, uint8_t *out) {
    EVP_MD_CTX *copy = EVP_MD_CTX_new();
    if (!copy) return -1;
    unsigned int written = 0;
    int done = EVP_MD_CTX_copy_ex(copy, state->context) == 1 && EVP_DigestFinal_ex(copy, out, &written) == 1
        && written == GANTRY_SHA256_BYTES;
    EVP_MD_CTX_free(copy);
    return done ? 0 : -1;
}

void gantry_sha256_free(gantry_sha256_state *state) {
    if (!state) return;
    EVP_MD_CTX_free(state->context);
    free(state);
}

int gantry_hmac_sha256(
    const uint8_t *key, size_t key_length, const uint8_t *message, size_t message_length, uint8_t *out) {
    static const uint8_t none = 0;
    EVP_MAC *algorithm = EVP_MAC_fetch(NULL, "HMAC", NULL);
    if (!algorithm) return -1;
    EVP_MAC_CTX *context = EVP_MAC_CTX_new(algorithm);
    EVP_MAC_free(algorithm);
    if (!context) return -1;
    char digest[] = "SHA256";
    OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0), OSSL_PARAM_construct_end()};
    size_t written = 0;
    int done = EVP_MAC_init(context, key ? key : &none, key_length, parameters) == 1
        && (message_length == 0 || EVP_MAC_update(context, message, message_length) == 1)
        && EVP_MAC_final(context, out, &written, GANTRY_SHA256_BYTES) == 1 && written == GANTRY_SHA256_BYTES;
    EVP_MAC_CTX_free(context);
    return done ? 0 : -1;
}

int gantry_aes256gcm_seal(
    const uint8_t *key, const uint8_t *nonce, const uint8_t *associated, size_t associated_length,
    const uint8_t *plain, size_t plain_length, uint8_t *sealed) {
    if (!fits(associated_length) || !fits(plain_length)) return -1;
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    if (!context) return -1;
    int count = 0;
    int done = EVP_EncryptInit_ex(context, EVP_aes_256_gcm(), NULL, NULL, NULL) == 1
        && EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_SET_IVLEN, GANTRY_GCM_NONCE_BYTES, NULL) == 1
        && EVP_EncryptInit_ex(context, NULL, NULL, key, nonce) == 1
        && (associated_length == 0
            || EVP_EncryptUpdate(context, NULL, &count, associated, (int)associated_length) == 1)
        && (plain_length == 0 || EVP_EncryptUpdate(context, sealed, &count, plain, (int)plain_length) == 1)
        && EVP_EncryptFinal_ex(context, sealed + plain_length, &count) == 1
        && EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_GET_TAG, GANTRY_GCM_TAG_BYTES, sealed + plain_length) == 1;
    EVP_CIPHER_CTX_free(context);
    return done ? 0 : -1;
}

int gantry_aes256gcm_open(
    const uint8_t *key, const uint8_t *nonce, const uint8_t *associated, size_t associated_length,
    const uint8_t *sealed, size_t sealed_length, uint8_t *plain) {
    if (sealed_length < GANTRY_GCM_TAG_BYTES) return -1;
    size_t length = sealed_length - GANTRY_GCM_TAG_BYTES;
    if (!fits(associated_length) || !fits(length)) return -1;
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    if (!context) return -1;
    uint8_t tag[GANTRY_GCM_TAG_BYTES];
    memcpy(tag, sealed + length, sizeof tag);
    uint8_t none = 0;
    int count = 0;
    int done = EVP_DecryptInit_ex(context, EVP_aes_256_gcm(), NULL, NULL, NULL) == 1
        && EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_SET_IVLEN, GANTRY_GCM_NONCE_BYTES, NULL) == 1
        && EVP_DecryptInit_ex(context, NULL, NULL, key, nonce) == 1
        && (associated_length == 0
            || EVP_DecryptUpdate(context, NULL, &count, associated, (int)associated_length) == 1)
        && (length == 0 || EVP_DecryptUpdate(context, plain, &count, sealed, (int)length) == 1)
        && EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_SET_TAG, GANTRY_GCM_TAG_BYTES, tag) == 1
        && EVP_DecryptFinal_ex(context, plain ? plain + length : &none, &count) == 1;
    EVP_CIPHER_CTX_free(context);
    if (!done && length > 0) OPENSSL_cleanse(plain, length);
    return done ? 0 : -1;
}

int gantry_pbkdf2_sha256(
    const uint8_t *password, size_t password_length, const uint8_t *salt, size_t salt_length, int rounds, uint8_t *out,
    size_t out_length) {
    if (password_length > INT_MAX || salt_length > INT_MAX || out_length > INT_MAX) return -1;
    const char *text = password_length ? (const char *)password : "";
    return PKCS5_PBKDF2_HMAC(
               text, (int)password_length, salt, (int)salt_length, rounds, EVP_sha256(), (int)out_length, out) == 1
        ? 0
        : -1;
}

int gantry_aes256ctr(
    const uint8_t *key, const uint8_t *counter, const uint8_t *input, size_t length, uint8_t *out) {
    if (length > INT_MAX) return -1;
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    if (!context) return -1;
    int written = 0;
    int done = EVP_EncryptInit_ex(context, EVP_aes_256_ctr(), NULL, key, counter) == 1 &&
        (length == 0 || EVP_EncryptUpdate(context, out, &written, input, (int)length) == 1) &&
        (size_t)written == length;
    EVP_CIPHER_CTX_free(context);
    return done ? 0 : -1;
}

int gantry_random(uint8_t *out, size_t length) {
    if (length == 0) return 0;
    if (!fits(length)) return -1;
    return RAND_bytes(out, (int)length) == 1 ? 0 : -1;
}

int gantry_ed25519_keypair(uint8_t *seed, uint8_t *public_key) {
    if (gantry_random(seed, GANTRY_ED25519_BYTES) != 0) return -1;
    if (gantry_ed25519_public(seed, public_key) == 0) return 0;
    OPENSSL_cleanse(seed, GANTRY_ED25519_BYTES);
    return -1;
}

static EVP_PKEY *private_key(const uint8_t *seed) {
    return EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, GANTRY_ED25519_BYTES);
}

int gantry_ed25519_public(const uint8_t *seed, uint8_t *public_key) {
    EVP_PKEY *key = private_key(seed);
    if (!key) return -1;
    size_t length = GANTRY_ED25519_BYTES;
    int done = EVP_PKEY_get_raw_public_key(key, public_key, &length) == 1 && length == GANTRY_ED25519_BYTES;
    EVP_PKEY_free(key);
    return done ? 0 : -1;
}

int gantry_ed25519_sign(const uint8_t *seed, const uint8_t *message, size_t length, uint8_t *signature) {
    static const uint8_t none = 0;
    EVP_PKEY *key = private_key(seed);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    size_t written = GANTRY_ED25519_SIGNATURE_BYTES;
    int done = key && context && EVP_DigestSignInit(context, NULL, NULL, NULL, key) == 1
        && EVP_DigestSign(context, signature, &written, message ? message : &none, length) == 1
        && written == GANTRY_ED25519_SIGNATURE_BYTES;
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(key);
    return done ? 0 : -1;
}

int gantry_ed25519_verify(
    const uint8_t *public_key, const uint8_t *message, size_t length, const uint8_t *signature) {
    static const uint8_t none = 0;
    EVP_PKEY *key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, public_key, GANTRY_ED25519_BYTES);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    int done = key && context && EVP_DigestVerifyInit(context, NULL, NULL, NULL, key) == 1
        && EVP_DigestVerify(
               context, signature, GANTRY_ED25519_SIGNATURE_BYTES, message ? message : &none, length)
            == 1;
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(key);
    return done ? 0 : -1;
}

int gantry_equal_in_constant_time(const uint8_t *left, const uint8_t *right, size_t length) {
    return CRYPTO_memcmp(left, right, length) == 0 ? 1 : 0;
}

void gantry_cleanse(uint8_t *bytes, size_t length) { OPENSSL_cleanse(bytes, length); }
