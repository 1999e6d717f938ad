/* Stands in for libcrypto_mb where the processor has no AVX-512 IFMA: the same two functions with the same meaning,
 * by libcrypto. It proves how the engine hands over eight lanes and reads what comes back, not Intel's arithmetic.
 */
#include <stdint.h>
#include <stdlib.h>

#include "sm2_numbers.h"

#define LANES 8
#define NULL_PARAM_ERR 1
#define MISMATCH_PARAM_ERR 2
#define SIGNATURE_ERR 4

static int calls;
#define KEPT 4000
static uint64_t nonces_seen[KEPT + 64];
static int nonces_kept;

int stand_in_calls(void) { return calls; }

/* How many nonces were seen twice, of the last few thousand. */
int stand_in_repeated_nonces(void) {
    int repeated = 0;
    for (int i = 0; i < nonces_kept; i++)
        for (int j = 0; j < i; j++)
            repeated += nonces_seen[i] == nonces_seen[j];
    return repeated;
}

int mbx_is_crypto_mb_applicable(uint64_t features) {
    (void)features;
    return 1;
}

static void reversed(const void *from, unsigned char *to) {
    for (int i = 0; i < NUMBER; i++)
        to[i] = ((const unsigned char *)from)[NUMBER - 1 - i];
}

static void digest_of(const unsigned char *id, int id_length, const unsigned char *x, const unsigned char *y,
                      const unsigned char *message, int length, unsigned char *e) {
    static const unsigned char curve[] =
        "\xFF\xFF\xFF\xFE\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"
        "\xFF\xFF\xFF\xFF\x00\x00\x00\x00\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFC"
        "\x28\xE9\xFA\x9E\x9D\x9F\x5E\x34\x4D\x5A\x9E\x4B\xCF\x65\x09\xA7"
        "\xF3\x97\x89\xF5\x15\xAB\x8F\x92\xDD\xBC\xBD\x41\x4D\x94\x0E\x93"
        "\x32\xC4\xAE\x2C\x1F\x19\x81\x19\x5F\x99\x04\x46\x6A\x39\xC9\x94"
        "\x8F\xE3\x0B\xBF\xF2\x66\x0B\xE1\x71\x5A\x45\x89\x33\x4C\x74\xC7"
        "\xBC\x37\x36\xA2\xF4\xF6\x77\x9C\x59\xBD\xCE\xE3\x6B\x69\x21\x53"
        "\xD0\xA9\x87\x7C\xC6\x2A\x47\x40\x02\xDF\x32\xE5\x21\x39\xF0\xA0";
    unsigned char bits[2] = {(unsigned char)(id_length * 8 >> 8), (unsigned char)(id_length * 8)}, z[NUMBER];
    void *hash = EVP_MD_CTX_new();
    EVP_DigestInit_ex(hash, EVP_sm3(), NULL);
    EVP_DigestUpdate(hash, bits, 2);
    EVP_DigestUpdate(hash, id, (size_t)id_length);
    EVP_DigestUpdate(hash, curve, 128);
    EVP_DigestUpdate(hash, x, NUMBER);
    EVP_DigestUpdate(hash, y, NUMBER);
    EVP_DigestFinal_ex(hash, z, NULL);
    EVP_DigestInit_ex(hash, EVP_sm3(), NULL);
    EVP_DigestUpdate(hash, z, NUMBER);
    EVP_DigestUpdate(hash, message, (size_t)length);
    EVP_DigestFinal_ex(hash, e, NULL);
    EVP_MD_CTX_free(hash);
}

/* Version 13.3 dies of eights whose texts or identities differ in length by enough to end in different blocks. */
static void must_be_alike(const int length[LANES]) {
    for (int lane = 1; lane < LANES; lane++)
        if (length[lane] != length[0])
            abort();
}

static uint32_t at_lane(int lane, uint32_t status) { return status << (4 * lane); }

uint32_t mbx_sm2_ecdsa_sign_mb8(unsigned char *r[LANES], unsigned char *s[LANES], const unsigned char *id[LANES],
                                const int id_length[LANES], const unsigned char *message[LANES],
                                const int length[LANES], const uint64_t *nonce[LANES], const uint64_t *key[LANES],
                                const uint64_t *x[LANES], const uint64_t *y[LANES], const uint64_t *z[LANES],
                                unsigned char *scratch) {
    uint32_t status = 0;
    (void)z, (void)scratch;
    calls++;
    must_be_alike(id_length), must_be_alike(length);
    for (int lane = 0; lane < LANES; lane++) {
        unsigned char px[NUMBER], py[NUMBER], k[NUMBER], d[NUMBER], e[NUMBER];
        if (!r[lane] || !s[lane] || !id[lane] || !message[lane] || !nonce[lane] || !key[lane] || !x[lane] || !y[lane]) {
            status |= at_lane(lane, NULL_PARAM_ERR);
            continue;
        }
        if (nonces_kept < KEPT)
            nonces_seen[nonces_kept++] = nonce[lane][0];
        reversed(x[lane], px), reversed(y[lane], py), reversed(nonce[lane], k), reversed(key[lane], d);
        digest_of(id[lane], id_length[lane], px, py, message[lane], length[lane], e);
        /* One lane of every call fails, as a nonce that does not fit would: the engine must notice. */
        if (lane == calls % LANES || !sm2_sign(d, k, e, r[lane], s[lane]))
            status |= at_lane(lane, SIGNATURE_ERR);
    }
    return status;
}

uint32_t mbx_sm2_ecdsa_verify_mb8(const unsigned char *r[LANES], const unsigned char *s[LANES],
                                  const unsigned char *id[LANES], const int id_length[LANES],
                                  const unsigned char *message[LANES], const int length[LANES],
                                  const uint64_t *x[LANES], const uint64_t *y[LANES], const uint64_t *z[LANES],
                                  unsigned char *scratch) {
    uint32_t status = 0;
    (void)z, (void)scratch;
    calls++;
    must_be_alike(id_length), must_be_alike(length);
    for (int lane = 0; lane < LANES; lane++) {
        unsigned char px[NUMBER], py[NUMBER], e[NUMBER];
        if (!r[lane] || !s[lane] || !id[lane] || !message[lane] || !x[lane] || !y[lane]) {
            status |= at_lane(lane, MISMATCH_PARAM_ERR);
            continue;
        }
        reversed(x[lane], px), reversed(y[lane], py);
        digest_of(id[lane], id_length[lane], px, py, message[lane], length[lane], e);
        if (!sm2_verify(px, py, e, r[lane], s[lane]))
            status |= at_lane(lane, SIGNATURE_ERR);
    }
    return status;
}
