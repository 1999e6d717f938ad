/* A PKCS#11 module that is SoftHSM with one mechanism more, as makers of national devices add one: SM2 on a digest.
 *
 * SoftHSM (its module is named by SOFTHSM_MODULE) makes and keeps the keys; the pair is made readable, so that the
 * added mechanism can sign with it. sm2_token_misbehave chooses what the next signatures are.
 */
#include <dlfcn.h>
#include <stdlib.h>

#include "sm2_numbers.h"

#define CKM_VENDOR_SM2 0x80000A01UL
#define CKR_DEVICE_REMOVED 0x32UL
#define CKR_ALREADY_INITIALIZED 0x191UL
#define CKA_VALUE 0x11UL
#define CKA_SENSITIVE 0x103UL
#define CKA_EXTRACTABLE 0x162UL
#define MOST_MECHANISMS 256

/* Places of functions in CK_FUNCTION_LIST (PKCS#11 2.40). */
enum { INITIALIZE = 0, FINALIZE = 1, GET_MECHANISM_LIST = 7, GET_ATTRIBUTE_VALUE = 24, SIGN_INIT = 42, SIGN = 43,
       GENERATE_KEY_PAIR = 59, FUNCTIONS = 68 };
enum fault { NONE, WRONG_SIGNATURE, SHORT_SIGNATURE, REMOVED };

typedef unsigned long number;
typedef struct { unsigned char major, minor; void *function[FUNCTIONS]; } function_list;
typedef struct { number type; void *value; number length; } attribute;
typedef struct { number mechanism; void *parameter; number length; } mechanism;

static function_list *real, mine;
static enum fault fault;
static number signing_key;
static int signs_sm2;

void sm2_token_misbehave(int kind) { fault = (enum fault)kind; }

static number initialize(void *arguments) {
    number status = ((number(*)(void *))real->function[INITIALIZE])(arguments);
    return status == CKR_ALREADY_INITIALIZED ? 0 : status;
}

static number finalize(void *reserved) { return (void)reserved, 0; }

static number get_mechanism_list(number slot, number *list, number *count) {
    number known[MOST_MECHANISMS], size = MOST_MECHANISMS;
    number status = ((number(*)(number, number *, number *))real->function[GET_MECHANISM_LIST])(slot, known, &size);
    if (status)
        return status;
    if (list) {
        memcpy(list, known, size * sizeof *known);
        list[size] = CKM_VENDOR_SM2;
    }
    *count = size + 1;
    return 0;
}

static number generate_key_pair(number session, mechanism *how, attribute *public, number public_count,
                                attribute *private, number private_count, number *public_key, number *private_key) {
    for (number i = 0; i < private_count; i++) {
        if (private[i].type == CKA_SENSITIVE)
            *(unsigned char *)private[i].value = 0;
        if (private[i].type == CKA_EXTRACTABLE)
            *(unsigned char *)private[i].value = 1;
    }
    return ((number(*)(number, mechanism *, attribute *, number, attribute *, number, number *, number *))
                real->function[GENERATE_KEY_PAIR])(session, how, public, public_count, private, private_count,
                                                   public_key, private_key);
}

static number sign_init(number session, mechanism *how, number key) {
    signs_sm2 = how->mechanism == CKM_VENDOR_SM2;
    signing_key = key;
    if (signs_sm2)
        return 0;
    return ((number(*)(number, mechanism *, number))real->function[SIGN_INIT])(session, how, key);
}

static number sign(number session, unsigned char *data, number length, unsigned char *made, number *made_length) {
    unsigned char value[NUMBER], key[NUMBER] = {0}, nonce[NUMBER];
    attribute wanted = {CKA_VALUE, value, sizeof value};
    if (!signs_sm2)
        return ((number(*)(number, unsigned char *, number, unsigned char *, number *))real->function[SIGN])(
            session, data, length, made, made_length);
    if (fault == REMOVED)
        return CKR_DEVICE_REMOVED;
    *made_length = fault == SHORT_SIGNATURE ? 40 : 2 * NUMBER;
    if (!made)
        return 0;
    number status = ((number(*)(number, number, attribute *, number))real->function[GET_ATTRIBUTE_VALUE])(
        session, signing_key, &wanted, 1);
    if (status || length != NUMBER)
        return status ? status : 0x21; /* CKR_DATA_LEN_RANGE */
    memcpy(key + NUMBER - wanted.length, value, wanted.length);
    do {
        RAND_bytes(nonce, NUMBER);
        nonce[0] &= 0x7F;
    } while (!sm2_sign(key, nonce, data, made, made + NUMBER));
    if (fault == WRONG_SIGNATURE)
        made[0] ^= 1;
    return 0;
}

number C_GetFunctionList(function_list **list) {
    if (!real) {
        void *library = dlopen(getenv("SOFTHSM_MODULE"), RTLD_NOW);
        number (*get)(function_list **) = library ? (number(*)(function_list **))dlsym(library, "C_GetFunctionList") : 0;
        if (!get || get(&real))
            return 5; /* CKR_GENERAL_ERROR */
        mine = *real;
        mine.function[INITIALIZE] = (void *)initialize;
        mine.function[FINALIZE] = (void *)finalize;
        mine.function[GET_MECHANISM_LIST] = (void *)get_mechanism_list;
        mine.function[GENERATE_KEY_PAIR] = (void *)generate_key_pair;
        mine.function[SIGN_INIT] = (void *)sign_init;
        mine.function[SIGN] = (void *)sign;
    }
    *list = &mine;
    return 0;
}
