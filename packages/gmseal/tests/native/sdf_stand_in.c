/* A device with the interface of GM/T 0018 in software: two SM2 keys, real signatures, and faults on demand.
 *
 * Key 1 opens with "device password", key 2 with "other". stand_in_misbehave(name-number) chooses the next fault.
 */
#include <pthread.h>
#include <stdlib.h>

#include "sm2_numbers.h"

enum fault { NONE, CODE, WRONG_SIGNATURE, NO_SIGNATURE, LEFT_ALIGNED, ZERO_SIGNATURE, LOST, BAD_POINT, OTHER_BITS,
             ACCEPTS_ALL };

#define SDR_COMMFAIL 0x01000003
#define SDR_OPENDEVICE 0x01000005
#define SDR_PARDENY 0x01000007
#define SDR_KEYNOTEXIST 0x01000008
#define SDR_VERIFYERR 0x0100000E
#define FIELD 64
#define KEYS 2

typedef struct { unsigned int bits; unsigned char x[FIELD], y[FIELD]; } public_key;
typedef struct { unsigned char r[FIELD], s[FIELD]; } signature;
typedef struct { int sessions; } device;
typedef struct { device *of; int may_use[KEYS + 1]; } session;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static enum fault fault;
static int fault_code, devices_open, sessions_open, rights_held;
static unsigned char secret[KEYS + 1][NUMBER];
static const char *password[KEYS + 1] = {"", "device password", "other"};

void stand_in_misbehave(int kind, int code) { fault = (enum fault)kind, fault_code = code; }
int stand_in_devices(void) { return devices_open; }
int stand_in_sessions(void) { return sessions_open; }
int stand_in_rights(void) { return rights_held; }

static void count(int *what, int by) {
    pthread_mutex_lock(&lock);
    *what += by;
    pthread_mutex_unlock(&lock);
}

int SDF_OpenDevice(void **handle) {
    if (fault == LOST)
        return SDR_OPENDEVICE;
    for (int i = 1; i <= KEYS; i++)
        while (!secret[i][NUMBER - 1] || !(secret[i][0] & 0x0F)) {
            RAND_bytes(secret[i], NUMBER);
            secret[i][0] &= 0x7F;
        }
    sm2_group();
    *handle = calloc(1, sizeof(device));
    count(&devices_open, 1);
    return 0;
}

int SDF_CloseDevice(void *handle) {
    if (((device *)handle)->sessions)
        abort(); /* As bad as what some libraries do with sessions of a device that is gone. */
    free(handle);
    count(&devices_open, -1);
    return 0;
}

int SDF_OpenSession(void *of, void **handle) {
    if (!of || fault == LOST)
        return SDR_COMMFAIL;
    session *made = calloc(1, sizeof *made);
    made->of = of;
    count(&made->of->sessions, 1);
    *handle = made;
    count(&sessions_open, 1);
    return 0;
}

int SDF_CloseSession(void *handle) {
    count(&((session *)handle)->of->sessions, -1);
    free(handle);
    count(&sessions_open, -1);
    return 0;
}

int SDF_GetPrivateKeyAccessRight(void *handle, unsigned int index, unsigned char *given, unsigned int length) {
    if (fault == LOST)
        return SDR_COMMFAIL;
    if (index < 1 || index > KEYS)
        return SDR_KEYNOTEXIST;
    if (length != strlen(password[index]) || memcmp(given, password[index], length))
        return SDR_PARDENY;
    ((session *)handle)->may_use[index] = 1;
    count(&rights_held, 1);
    return 0;
}

int SDF_ReleasePrivateKeyAccessRight(void *handle, unsigned int index) {
    ((session *)handle)->may_use[index] = 0;
    count(&rights_held, -1);
    return 0;
}

int SDF_ExportSignPublicKey_ECC(void *handle, unsigned int index, public_key *out) {
    (void)handle;
    if (fault == LOST)
        return SDR_COMMFAIL;
    if (index < 1 || index > KEYS)
        return SDR_KEYNOTEXIST;
    memset(out, 0, sizeof *out);
    out->bits = fault == OTHER_BITS ? 384 : 256;
    sm2_public(secret[index], out->x + FIELD - NUMBER, out->y + FIELD - NUMBER);
    if (fault == BAD_POINT)
        out->y[FIELD - 1] ^= 1;
    return 0;
}

int SDF_InternalSign_ECC(void *handle, unsigned int index, unsigned char *data, unsigned int length, signature *out) {
    unsigned char nonce[NUMBER], r[NUMBER], s[NUMBER];
    if (fault == LOST)
        return SDR_COMMFAIL;
    if (fault == CODE)
        return fault_code;
    if (index < 1 || index > KEYS || !((session *)handle)->may_use[index] || length != NUMBER)
        return SDR_PARDENY;
    memset(out, 0, sizeof *out);
    do {
        RAND_bytes(nonce, NUMBER);
        nonce[0] &= 0x7F;
    } while (!sm2_sign(secret[index], nonce, data, r, s));
    if (fault == WRONG_SIGNATURE)
        s[NUMBER - 1] ^= 1;
    if (fault == ZERO_SIGNATURE)
        memset(r, 0, NUMBER);
    if (fault != NO_SIGNATURE) {
        int at = fault == LEFT_ALIGNED ? 0 : FIELD - NUMBER;
        memcpy(out->r + at, r, NUMBER), memcpy(out->s + at, s, NUMBER);
    }
    return 0;
}

int SDF_InternalVerify_ECC(void *handle, unsigned int index, unsigned char *data, unsigned int length,
                           signature *given) {
    unsigned char x[NUMBER], y[NUMBER];
    (void)handle;
    if (index < 1 || index > KEYS || length != NUMBER || !sm2_public(secret[index], x, y))
        return SDR_KEYNOTEXIST;
    if (fault == ACCEPTS_ALL || sm2_verify(x, y, data, given->r + FIELD - NUMBER, given->s + FIELD - NUMBER))
        return 0;
    return SDR_VERIFYERR;
}
