/*
 * Two providers of security labels that take any label for anything, for servers 12 to 18.
 *
 * Without PostgreSQL's headers, which test machines do not have: the magic block and the two declarations are those
 * of fmgr.h and seclabel.h.
 */

#define FUNC_MAX_ARGS 100
#define INDEX_MAX_KEYS 32
#define NAMEDATALEN 64
#define FLOAT8_BY_VALUE 1

typedef struct
{
    int len;
#if MAJOR >= 18
    struct
    {
#endif
        int version;
        int func_max_args;
        int index_max_keys;
        int name_data_len;
#if MAJOR < 13
        int float4_by_value;
#endif
        int float8_by_value;
#if MAJOR >= 15
        char abi_extra[32];
#endif
#if MAJOR >= 18
    } abi;
    const char *name;
    const char *module_version;
#endif
} Magic;

static const Magic magic = {
    sizeof(Magic),
#if MAJOR >= 18
    {
#endif
        MAJOR * 100, FUNC_MAX_ARGS, INDEX_MAX_KEYS, NAMEDATALEN,
#if MAJOR < 13
        1,
#endif
        FLOAT8_BY_VALUE,
#if MAJOR >= 15
        "PostgreSQL",
#endif
#if MAJOR >= 18
    },
    0, 0
#endif
};

const Magic *Pg_magic_func(void) { return &magic; }

extern void register_label_provider(const char *name, void (*check)(const void *object, const char *label));

static void anything_goes(const void *object, const char *label)
{
    (void) object;
    (void) label;
}

void _PG_init(void)
{
    register_label_provider("pgark_label", anything_goes);
    register_label_provider("Odd \"Label\"", anything_goes);
}
