/* SM2 on plain numbers through the system's libcrypto, for the stand-ins of libraries and devices.
 *
 * The declarations are written out, so that no development package of OpenSSL is needed. Numbers are 32 octets,
 * big-endian. Not constant-time: for tests only.
 */
#include <stddef.h>
#include <string.h>

typedef struct bignum_st BIGNUM;
typedef struct bignum_ctx BN_CTX;
typedef struct ec_group_st EC_GROUP;
typedef struct ec_point_st EC_POINT;

BIGNUM *BN_new(void);
void BN_free(BIGNUM *);
BIGNUM *BN_bin2bn(const unsigned char *, int, BIGNUM *);
int BN_bn2binpad(const BIGNUM *, unsigned char *, int);
int BN_is_zero(const BIGNUM *);
int BN_cmp(const BIGNUM *, const BIGNUM *);
int BN_mod_add(BIGNUM *, const BIGNUM *, const BIGNUM *, const BIGNUM *, BN_CTX *);
int BN_mod_sub(BIGNUM *, const BIGNUM *, const BIGNUM *, const BIGNUM *, BN_CTX *);
int BN_mod_mul(BIGNUM *, const BIGNUM *, const BIGNUM *, const BIGNUM *, BN_CTX *);
BIGNUM *BN_mod_inverse(BIGNUM *, const BIGNUM *, const BIGNUM *, BN_CTX *);
const BIGNUM *BN_value_one(void);
BN_CTX *BN_CTX_new(void);
void BN_CTX_free(BN_CTX *);
EC_GROUP *EC_GROUP_new_by_curve_name(int);
const BIGNUM *EC_GROUP_get0_order(const EC_GROUP *);
EC_POINT *EC_POINT_new(const EC_GROUP *);
void EC_POINT_free(EC_POINT *);
int EC_POINT_mul(const EC_GROUP *, EC_POINT *, const BIGNUM *, const EC_POINT *, const BIGNUM *, BN_CTX *);
int EC_POINT_set_affine_coordinates(const EC_GROUP *, EC_POINT *, const BIGNUM *, const BIGNUM *, BN_CTX *);
int EC_POINT_get_affine_coordinates(const EC_GROUP *, const EC_POINT *, BIGNUM *, BIGNUM *, BN_CTX *);
const void *EVP_sm3(void);
void *EVP_MD_CTX_new(void);
void EVP_MD_CTX_free(void *);
int EVP_DigestInit_ex(void *, const void *, void *);
int EVP_DigestUpdate(void *, const void *, size_t);
int EVP_DigestFinal_ex(void *, unsigned char *, unsigned int *);
int RAND_bytes(unsigned char *, int);

#define NID_SM2 1172
#define NUMBER 32

static EC_GROUP *the_group;

static const EC_GROUP *sm2_group(void) {
    if (!the_group)
        the_group = EC_GROUP_new_by_curve_name(NID_SM2);
    return the_group;
}

/* x and y of number * G; 1 on success. */
static int sm2_public(const unsigned char *number, unsigned char *x, unsigned char *y) {
    BN_CTX *ctx = BN_CTX_new();
    BIGNUM *d = BN_bin2bn(number, NUMBER, NULL), *px = BN_new(), *py = BN_new();
    EC_POINT *point = EC_POINT_new(sm2_group());
    int done = EC_POINT_mul(sm2_group(), point, d, NULL, NULL, ctx) &&
               EC_POINT_get_affine_coordinates(sm2_group(), point, px, py, ctx) &&
               BN_bn2binpad(px, x, NUMBER) == NUMBER && BN_bn2binpad(py, y, NUMBER) == NUMBER;
    EC_POINT_free(point);
    BN_free(py), BN_free(px), BN_free(d);
    BN_CTX_free(ctx);
    return done;
}

/* r and s for the digest e with the nonce k (GB/T 32918.2, 6.1 A4 to A6); 0 when r or s is 0. */
static int sm2_sign(const unsigned char *key, const unsigned char *nonce, const unsigned char *digest,
                    unsigned char *r_out, unsigned char *s_out) {
    unsigned char x[NUMBER], y[NUMBER];
    if (!sm2_public(nonce, x, y))
        return 0;
    BN_CTX *ctx = BN_CTX_new();
    const BIGNUM *n = EC_GROUP_get0_order(sm2_group());
    BIGNUM *d = BN_bin2bn(key, NUMBER, NULL), *k = BN_bin2bn(nonce, NUMBER, NULL);
    BIGNUM *e = BN_bin2bn(digest, NUMBER, NULL), *r = BN_bin2bn(x, NUMBER, NULL), *s = BN_new();
    int done = BN_mod_add(r, r, e, n, ctx) && BN_mod_mul(s, r, d, n, ctx) && BN_mod_sub(s, k, s, n, ctx) &&
               BN_mod_add(d, d, BN_value_one(), n, ctx) && BN_mod_inverse(d, d, n, ctx) &&
               BN_mod_mul(s, s, d, n, ctx) && !BN_is_zero(r) && !BN_is_zero(s) &&
               BN_bn2binpad(r, r_out, NUMBER) == NUMBER && BN_bn2binpad(s, s_out, NUMBER) == NUMBER;
    BN_free(s), BN_free(r), BN_free(e), BN_free(k), BN_free(d);
    BN_CTX_free(ctx);
    return done;
}

/* 1 when r and s are a signature of the digest e by the point (x, y) (GB/T 32918.2, 7.1). */
static int sm2_verify(const unsigned char *x_in, const unsigned char *y_in, const unsigned char *digest,
                      const unsigned char *r_in, const unsigned char *s_in) {
    BN_CTX *ctx = BN_CTX_new();
    const BIGNUM *n = EC_GROUP_get0_order(sm2_group());
    BIGNUM *x = BN_bin2bn(x_in, NUMBER, NULL), *y = BN_bin2bn(y_in, NUMBER, NULL);
    BIGNUM *r = BN_bin2bn(r_in, NUMBER, NULL), *s = BN_bin2bn(s_in, NUMBER, NULL);
    BIGNUM *e = BN_bin2bn(digest, NUMBER, NULL), *t = BN_new();
    EC_POINT *point = EC_POINT_new(sm2_group()), *sum = EC_POINT_new(sm2_group());
    int good = !BN_is_zero(r) && !BN_is_zero(s) && BN_cmp(r, n) < 0 && BN_cmp(s, n) < 0 &&
               EC_POINT_set_affine_coordinates(sm2_group(), point, x, y, ctx) && BN_mod_add(t, r, s, n, ctx) &&
               !BN_is_zero(t) && EC_POINT_mul(sm2_group(), sum, s, point, t, ctx) &&
               EC_POINT_get_affine_coordinates(sm2_group(), sum, x, y, ctx) && BN_mod_add(t, x, e, n, ctx) &&
               BN_cmp(t, r) == 0;
    EC_POINT_free(sum), EC_POINT_free(point);
    BN_free(t), BN_free(e), BN_free(s), BN_free(r), BN_free(y), BN_free(x);
    BN_CTX_free(ctx);
    return good;
}
